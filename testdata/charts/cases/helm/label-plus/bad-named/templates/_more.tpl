{{- define "web.version-label" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "web.more" -}}
helm.sh/chart: {{ include "web.version-label" . }}
{{- end }}
