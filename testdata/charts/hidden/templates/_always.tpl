{{- define "hidden.labels" -}}
app: hidden
{{- end }}
