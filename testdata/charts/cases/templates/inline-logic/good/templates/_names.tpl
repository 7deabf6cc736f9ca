{{/* Whether the chart speaks of its own host: `true` or nothing. */}}
{{- define "web.hasHost" -}}
{{- if and .Values.ingress.enabled .Values.ingress.host .Values.ingress.tls.secretName (not .Values.nameOverride) -}}
{{- $host := lower .Values.ingress.host -}}
{{- $labels := splitList "." $host -}}
{{- $domain := join "." (rest $labels) -}}
{{- $name := printf "%s-%s" (first $labels) $domain -}}
{{- if $name | lower | replace "." "-" | trunc 20 | trimSuffix "-" }}true{{ end -}}
{{- end -}}
{{- end }}
