{{- define "common.names.name" -}}
{{- .Chart.Name }}
{{- end }}

{{- define "common.names.fullname" -}}
{{- .Release.Name }}-{{ .Chart.Name }}
{{- end }}
