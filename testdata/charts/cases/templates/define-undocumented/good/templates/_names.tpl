{{/* vim: set filetype=mustache: */}}

{{- /*
The host's name.
*/ -}}

{{- define "web.host" -}}
{{ .Release.Name }}.example.org
{{- end }}
{{- define "web.url" -}}
{{- /* The address. A comment inside serves as well. */ -}}
http://{{ include "web.host" . }}/
{{- end }}

# The port: in a partial, a plain comment goes nowhere either.
{{- define "web.port" -}}
8080
{{- end }}
