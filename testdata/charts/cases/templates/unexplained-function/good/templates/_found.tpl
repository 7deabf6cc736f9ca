{{/* What the cluster knows of the release's namespace; nothing in `helm template`. */}}
{{- define "web.found" -}}
{{- lookup "v1" "Namespace" "" .Release.Namespace | toJson -}}
{{- end }}
