{{/* Resources of the store. */}}
{{- define "web.storeResources" -}}
requests:
  cpu: 100m
{{- end }}
