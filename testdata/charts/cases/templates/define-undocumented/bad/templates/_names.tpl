{{/* vim: set filetype=mustache: */}}
{{- define "web.host" -}}
{{ .Release.Name }}.example.org
{{- end }}

{{- define "web.url" -}}
http://{{ include "web.host" . }}/
{{- end }}
