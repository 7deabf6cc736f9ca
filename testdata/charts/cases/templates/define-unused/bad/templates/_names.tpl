{{/* A name that was used once. */}}
{{- define "web.oldName" -}}
{{ include "web.fullname" . }}-old
{{- end }}

{{/* Speaks of include "web.other" in a comment only of its own. */}}
{{- define "web.new" -}}
new
{{- end }}
