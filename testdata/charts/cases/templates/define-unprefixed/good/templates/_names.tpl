{{/* The host's name. */}}
{{- define "web.host.name" -}}
{{ .Release.Name }}.example.org
{{- end }}

{{/* The address. */}}
{{- define "web-url" -}}
http://{{ include "web.host.name" . }}/
{{- end }}

{{/* The chart's own main template. */}}
{{- define "web" -}}
x
{{- end }}
