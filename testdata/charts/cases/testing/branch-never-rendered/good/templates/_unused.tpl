{{/* Nothing calls it: templates/define-unused says so. */}}
{{- define "web.unused" -}}
{{- if .Values.hints.existingSecret }}x{{ end }}
{{- end }}
