{{/* The host's name. */}}
{{- define "host" -}}
{{ .Release.Name }}.example.org
{{- end }}

{{/* The address. */}}
{{- define "webapp.url" -}}
http://{{ include "host" . }}/
{{- end }}
