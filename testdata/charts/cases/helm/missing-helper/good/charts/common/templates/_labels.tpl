{{- define "common.labels.standard" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
{{- end }}

{{- define "common.labels.matchLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
{{- end }}
