{{/* The database's address. */}}
{{- define "web.database" -}}
{{- $host := required "database.host is required: the host of the database" .Values.database.host -}}
{{ $host }}/{{ required "database.name is required" .Values.database.name }}
{{- printf "?user=%s" (required "database.user is required" .Values.database.user) }}
{{- end }}
