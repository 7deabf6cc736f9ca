{{/* A Service. Takes context, component and config, the component's values. */}}
{{- define "common.service" -}}
apiVersion: v1
kind: Service
{{ include "common.metadata" . }}
spec:
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    {{- range .config.ports }}
    - name: {{ .name }}
      port: {{ .port }}
      targetPort: {{ .name }}
    {{- end }}
{{- end -}}

{{/* A ServiceAccount. */}}
{{- define "common.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
{{ include "common.metadata" . }}
automountServiceAccountToken: false
{{- end -}}
