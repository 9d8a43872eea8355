{{/*
Everything secret, by key, as JSON. Made once in a rendering, so that the Secret and the checksums of the pods agree, and once in
the life of an installation: what the Secret in the cluster holds is kept.
*/}}
{{- define "amadeus.secretData" -}}
{{- if not (hasKey .Values "secretData") -}}
{{- $name := include "amadeus.fullname" . -}}
{{- $kept := (lookup "v1" "Secret" .Release.Namespace (include "amadeus.secret" .)).data | default dict -}}
{{- $data := dict -}}
{{- $keys := list "service-token" "datasource-token" "internal-token" "tag-token-key" "gateway-data-key" -}}
{{- $bundled := dict "clickhouse" "clickhouse-password" "postgres" "postgres-password" "redis" "redis-password" "grafana" "grafana-admin-password" -}}
{{- range $part, $key := $bundled -}}
{{- if (index $.Values $part).bundled }}{{ $keys = append $keys $key }}{{ end -}}
{{- end -}}
{{- range $keys -}}
{{- $_ := set $data . (hasKey $kept . | ternary (get $kept . | b64dec) (randAlphaNum 43)) -}}
{{- end -}}
{{- /* Passwords of what is not bundled for the moment are kept for the day that its volume is used again. */ -}}
{{- range $key := values $bundled -}}
{{- if and (hasKey $kept $key) (not (hasKey $data $key)) }}{{ $_ := set $data $key (get $kept $key | b64dec) }}{{ end -}}
{{- end -}}
{{- if and .Values.grafana.bundled .Values.grafana.adminPassword -}}
{{- $_ := set $data "grafana-admin-password" .Values.grafana.adminPassword -}}
{{- end -}}
{{- if .Values.clickhouse.bundled -}}
{{- $_ := set $data "clickhouse-url" (printf "http://amadeus:%s@%s-clickhouse:8123" (get $data "clickhouse-password") $name) -}}
{{- else if .Values.clickhouse.external.url -}}
{{- $_ := set $data "clickhouse-url" .Values.clickhouse.external.url -}}
{{- end -}}
{{- if .Values.postgres.bundled -}}
{{- $_ := set $data "database-url" (printf "postgres://amadeus:%s@%s-postgres:5432/amadeus" (get $data "postgres-password") $name) -}}
{{- else if .Values.postgres.external.url -}}
{{- $_ := set $data "database-url" .Values.postgres.external.url -}}
{{- end -}}
{{- if .Values.redis.bundled -}}
{{- $_ := set $data "redis-url" (printf "redis://:%s@%s-redis:6379" (get $data "redis-password") $name) -}}
{{- else if .Values.redis.external.url -}}
{{- $_ := set $data "redis-url" .Values.redis.external.url -}}
{{- end -}}
{{- $_ := set .Values "secretData" $data -}}
{{- end -}}
{{- toJson .Values.secretData -}}
{{- end -}}

{{/* "true" where jobs wait in Redis. */}}
{{- define "amadeus.hasRedis" -}}
{{- with .Values.redis }}{{ if or .bundled .external.url .external.existingSecret }}true{{ end }}{{ end -}}
{{- end -}}

{{/* Rolls the pods when what they read at their start has changed. Of a Secret that the chart did not make it knows nothing. */}}
{{- define "amadeus.secretChecksum" -}}
{{- if .Values.secrets.existing }}{{ .Values.secrets.existing | sha256sum }}{{ else }}{{ include "amadeus.secretData" . | sha256sum }}{{ end -}}
{{- end -}}

{{/* Sources of the projected volume with what the service reads: each address from where the values say it is. */}}
{{- define "amadeus.serviceSecrets" -}}
{{- $secret := include "amadeus.secret" . -}}
{{- $items := list "service-token" "datasource-token" "internal-token" "tag-token-key" "gateway-data-key" -}}
{{- $stores := list (list "clickhouse" "clickhouse-url") (list "postgres" "database-url") -}}
{{- if include "amadeus.hasRedis" . }}{{ $stores = append $stores (list "redis" "redis-url") }}{{ end -}}
{{- range $stores -}}
{{- $store := index $.Values (index . 0) -}}
{{- if and (not $store.bundled) $store.external.existingSecret }}
- secret:
    name: {{ $store.external.existingSecret }}
    items: [{ key: {{ $store.external.key }}, path: {{ index . 1 }} }]
{{- else }}{{ $items = append $items (index . 1) }}{{ end -}}
{{- end }}
- secret:
    name: {{ $secret }}
    items:
      {{- range $items }}
      - { key: {{ . }}, path: {{ . }} }
      {{- end }}
{{- with .Values.metrics.tokenSecret }}
{{- if .name }}
- secret:
    name: {{ .name }}
    items: [{ key: {{ .key }}, path: metrics-token }]
{{- end }}
{{- end }}
{{- end -}}
