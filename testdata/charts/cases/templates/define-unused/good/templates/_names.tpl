{{/* Called by a name that printf makes. */}}
{{- define "web.name.server" -}}
{{ include "web.fullname" . }}-server
{{- end }}

{{/* Called out of a file, which tpl renders. */}}
{{- define "web.greeting" -}}
hello
{{- end }}

{{/* Called by nothing, but every chart is expected to have it. */}}
{{- define "web.chart" -}}
{{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
