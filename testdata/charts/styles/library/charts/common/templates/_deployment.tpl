{{/* A Deployment. Takes context, component and config, the component's values. */}}
{{- define "common.deployment" -}}
apiVersion: apps/v1
kind: Deployment
{{ include "common.metadata" . }}
spec:
  replicas: {{ .config.replicas | default 2 }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.selectorLabels" . | nindent 8 }}
    spec:
      serviceAccountName: {{ .context.Release.Name }}-{{ .component }}
      automountServiceAccountToken: {{ .config.token | default false }}
      securityContext:
        runAsNonRoot: true
        runAsUser: {{ .config.user }}
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{ .component }}
          image: {{ include "common.image" .config.image }}
          ports:
            {{- range .config.ports }}
            - name: {{ .name }}
              containerPort: {{ .port }}
            {{- end }}
          {{- with .config.securityContext }}
          securityContext:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          livenessProbe:
            {{- include "common.probe" (dict "path" "/alive" "port" "http" "period" 30) | nindent 12 }}
          readinessProbe:
            {{- include "common.probe" (dict "path" "/ready" "port" "http" "period" 10) | nindent 12 }}
          {{- if .config.resources }}
          resources: {{ toYaml .config.resources | nindent 12 }}
          {{- end }}
{{- end -}}

{{/* An image by its registry, name and tag. */}}
{{- define "common.image" -}}
{{ .registry }}/{{ .name }}:{{ .tag }}
{{- end -}}

{{/* A probe by HTTP. */}}
{{- define "common.probe" -}}
httpGet:
  path: {{ .path }}
  port: {{ .port }}
periodSeconds: {{ .period }}
{{- end -}}
