{{/* The arguments of the old interface. */}}
{{- define "web.legacyArguments" -}}
{{- if .Values.legacy.enabled }}
--legacy
{{- end }}
{{- end }}
