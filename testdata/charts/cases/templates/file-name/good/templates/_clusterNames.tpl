{{/* A partial may be called as its author likes. */}}
{{- define "web.nothing" -}}{{- end }}
