{{/* The lines of one route. Given the route. Each named template begins at level one. */}}
{{- define "web.route" -}}
{{- with .hosts }}
{{- range . }}
server_name {{ . }};
{{- end }}
{{- end }}
{{- end }}
