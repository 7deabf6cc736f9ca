{{/* All labels of an object. */}}
{{- define "tpl.labels" -}}
app.kubernetes.io/name: tpl
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* A value that is a template, or a map or list whose texts are. Takes value and context. */}}
{{- define "tpl.render" -}}
{{- if kindIs "string" .value }}
{{- tpl .value .context }}
{{- else }}
{{- tpl (toYaml .value) .context }}
{{- end }}
{{- end }}
