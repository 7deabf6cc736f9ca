{{/* The name that all objects begin with. */}}
{{- define "helpers.fullname" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* The labels of an object's component. Takes root and component. */}}
{{- define "helpers.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* All labels of an object. Takes root and component. */}}
{{- define "helpers.labels" -}}
{{ include "helpers.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* What every pod is allowed. */}}
{{- define "helpers.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* What every container is allowed. */}}
{{- define "helpers.containerSecurity" -}}
privileged: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
    - ALL
{{- end }}

{{/* Both probes. Takes port and path. */}}
{{- define "helpers.probes" -}}
livenessProbe:
  tcpSocket:
    port: {{ .port }}
  periodSeconds: 20
readinessProbe:
  httpGet:
    path: {{ .path }}
    port: {{ .port }}
{{- end }}

{{/* A container. Takes root, component and its values. */}}
{{- define "helpers.container" -}}
- name: {{ .component }}
  image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
  args:
    - {{ .component }}
  ports:
    - name: http
      containerPort: {{ .values.port }}
  securityContext:
    {{- include "helpers.containerSecurity" .root | nindent 4 }}
  {{- include "helpers.probes" (dict "port" "http" "path" (printf "/%s/ready" .component)) | nindent 2 }}
  resources:
    {{- toYaml .values.resources | nindent 4 }}
  volumeMounts:
    - name: scratch
      mountPath: /tmp
{{- end }}

{{/* A pod's spec. Takes root, component and its values. */}}
{{- define "helpers.podSpec" -}}
serviceAccountName: {{ include "helpers.fullname" .root }}
automountServiceAccountToken: false
securityContext:
  {{- include "helpers.podSecurity" . | nindent 2 }}
containers:
  {{- include "helpers.container" . | nindent 2 }}
volumes:
  - name: scratch
    emptyDir: {}
{{- end }}

{{/* A workload. Takes root, component and its values. */}}
{{- define "helpers.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "helpers.fullname" .root }}-{{ .component }}
  labels:
    {{- include "helpers.labels" . | nindent 4 }}
spec:
  replicas: {{ .values.replicas }}
  strategy:
    type: RollingUpdate
  selector:
    matchLabels:
      {{- include "helpers.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "helpers.selectorLabels" . | nindent 8 }}
    spec:
      {{- include "helpers.podSpec" . | nindent 6 }}
{{- end }}
