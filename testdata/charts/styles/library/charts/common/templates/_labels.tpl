{{/* The labels that select a component's pods. */}}
{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ .context.Chart.Name }}
app.kubernetes.io/instance: {{ .context.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* All labels. */}}
{{- define "common.labels" -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .context.Release.Service }}
helm.sh/chart: {{ .context.Chart.Name }}-{{ .context.Chart.Version }}
{{- end -}}

{{/* An object's head. */}}
{{- define "common.metadata" -}}
metadata:
  name: {{ .context.Release.Name }}-{{ .component }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
{{- end -}}
