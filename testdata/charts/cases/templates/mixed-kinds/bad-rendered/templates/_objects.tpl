{{/* A ConfigMap or a Secret without data. Given a list: the root context, the kind. */}}
{{- define "web.object" -}}
apiVersion: v1
kind: {{ index . 1 }}
metadata:
  name: {{ include "web.fullname" (index . 0) }}-{{ index . 1 | lower }}
{{- end }}
