{{/* The name of the chart's objects. */}}
{{- define "woven.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The image. */}}
{{- define "woven.image" -}}
{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end -}}

{{/* The labels that select pods; compared in NOTES.txt. */}}
{{- define "woven.matchLabels" -}}
app.kubernetes.io/name: woven
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* All labels, hashed into the pods' annotations. */}}
{{- define "woven.labels" -}}
{{ include "woven.matchLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A value, rendered as a template where it is one. Takes value and context. */}}
{{- define "woven.render" -}}
{{- $value := typeIs "string" .value | ternary .value (.value | toYaml) }}
{{- if contains "{{" (toJson .value) }}
  {{- tpl $value .context }}
{{- else }}
  {{- $value }}
{{- end }}
{{- end -}}

{{/* The worker's container, which values are merged over. */}}
{{- define "woven.worker" -}}
name: worker
image: registry.internal.net/queue/worker:0.14.0
ports:
  - name: status
    containerPort: 7001
livenessProbe:
  tcpSocket:
    port: status
readinessProbe:
  httpGet:
    path: /ready
    port: status
securityContext:
  privileged: false
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}
