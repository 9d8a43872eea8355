{{- define "amadeus.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Names end in up to eleven further characters, and Kubernetes takes 63. */}}
{{- define "amadeus.fullname" -}}
{{- $name := include "amadeus.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Call with (dict "root" $ "component" NAME). */}}
{{- define "amadeus.selector" -}}
app.kubernetes.io/name: {{ include "amadeus.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "amadeus.labels" -}}
{{ include "amadeus.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: amadeus
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Call with (dict "root" $ "image" IMAGE). */}}
{{- define "amadeus.image" -}}
{{- $registry := .root.Values.image.registry -}}
{{- $tag := .image.tag | default .root.Chart.AppVersion -}}
{{- if $registry -}}{{ trimSuffix "/" $registry }}/{{ end -}}
{{ .image.repository }}:{{ $tag }}
{{- end -}}

{{- define "amadeus.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "amadeus.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "amadeus.secret" -}}
{{- .Values.secrets.existing | default (printf "%s-secrets" (include "amadeus.fullname" .)) -}}
{{- end -}}

{{/* Which component answers HTTP. */}}
{{- define "amadeus.apiComponent" -}}
{{- if eq .Values.layout "one" }}service{{ else }}api{{ end -}}
{{- end -}}

{{/* Which component the gateway listens in. */}}
{{- define "amadeus.gatewayComponent" -}}
{{- if eq .Values.layout "one" }}service{{ else }}gateway{{ end -}}
{{- end -}}

{{/* "true" where the gateway has somebody to ask, and so listens. */}}
{{- define "amadeus.hasGateway" -}}
{{- if dig "gateway" "providers" list .Values.config }}true{{ end -}}
{{- end -}}

{{/* "true" where the service looks at the cluster that it runs in. */}}
{{- define "amadeus.watchesOwnCluster" -}}
{{- range dig "kubernetes" "clusters" list .Values.config }}{{ if .inCluster }}true{{ end }}{{ end -}}
{{- end -}}

{{- define "amadeus.grafanaUrl" -}}
{{- if .Values.grafana.bundled -}}
http://{{ include "amadeus.fullname" . }}-grafana:3000
{{- else -}}
{{- .Values.grafana.external.url -}}
{{- end -}}
{{- end -}}

{{- define "amadeus.grafanaIssuer" -}}
{{- if .Values.grafana.bundled }}{{ .Values.grafana.rootUrl }}{{ else }}{{ .Values.grafana.external.issuer }}{{ end -}}
{{- end -}}

{{/* Of a container: nothing that it does not need. */}}
{{- define "amadeus.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Of a pod. Call with (dict "user" UID "group" GID). */}}
{{- define "amadeus.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .group }}
fsGroup: {{ .group }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/*
The configuration as it is mounted: what only the chart knows is filled in where the values leave it out.
Leases are the service's own, so they stand in the namespace that it may write them in.
*/}}
{{- define "amadeus.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $namespace := .Release.Namespace -}}
{{- $narrowed := .Values.rbac.namespaces -}}
{{- range dig "kubernetes" "clusters" list $config -}}
{{- if .inCluster -}}
{{- if not (dig "lease" "namespace" "" .) -}}
{{- $_ := set . "lease" (merge (dict "namespace" $namespace) (.lease | default dict)) -}}
{{- end -}}
{{- if and $narrowed (not .namespaces) -}}
{{- $_ := set . "namespaces" $narrowed -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* What cannot work, said before anything is installed. */}}
{{- define "amadeus.check" -}}
{{- $values := .Values -}}
{{- $secrets := list
  (list "warehouse" "url" "clickhouse.external.url, or clickhouse-url of the Secret")
  (list "store" "url" "postgres.external.url, or database-url of the Secret")
  (list "queue" "url" "redis.external.url, or redis-url of the Secret")
  (list "identity" "serviceToken" "service-token of the Secret")
  (list "identity" "datasourceToken" "datasource-token of the Secret")
  (list "identity" "internalToken" "internal-token of the Secret")
  (list "gateway" "dataKey" "gateway-data-key of the Secret")
  (list "tagRules" "tokenKey" "tag-token-key of the Secret")
  (list "http" "metricsToken" "metrics.tokenSecret")
  (list "prometheus" "bearerToken" "AMADEUS_PROMETHEUS_BEARER_TOKEN by envFrom")
-}}
{{- range $secrets -}}
{{- if dig (index . 0) (index . 1) "" $values.config -}}
{{- fail (printf "config.%s.%s is a secret and would be kept in a ConfigMap: give it as %s." (index . 0) (index . 1) (index . 2)) -}}
{{- end -}}
{{- end -}}
{{- range dig "kubernetes" "clusters" list $values.config -}}
{{- if .token -}}
{{- fail (printf "The token of the cluster %s is a secret and would be kept in a ConfigMap: mount it by pod.volumes and name it as tokenFile." .name) -}}
{{- end -}}
{{- end -}}
{{- range tuple "roles" "dataDir" -}}
{{- if hasKey $values.config . -}}
{{- fail (printf "config.%s is set by the chart: choose by `layout`, and say by `data` what the volume is." .) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $values.layout "roles") (not $values.data.existingClaim) (not (has "ReadWriteMany" $values.data.accessModes)) -}}
{{- fail "With layout: roles several pods share the volume of the lake: set data.accessModes: [ReadWriteMany] and a data.storageClass that can do it, or name such a claim as data.existingClaim." -}}
{{- end -}}
{{- range $name := tuple "clickhouse" "postgres" -}}
{{- $store := index $values $name -}}
{{- if and (not $store.bundled) (not $store.external.url) (not $store.external.existingSecret) (not $values.secrets.existing) -}}
{{- fail (printf "%s is not bundled: give its address as %s.external.url, or name a Secret that has it as %s.external.existingSecret." $name $name $name) -}}
{{- end -}}
{{- end -}}
{{- if and (not $values.grafana.bundled) (not $values.grafana.external.url) -}}
{{- fail "Grafana is not bundled: say where yours is as grafana.external.url." -}}
{{- end -}}
{{- if and $values.ingress.enabled $values.ingress.gatewayHost (not (include "amadeus.hasGateway" .)) -}}
{{- fail "ingress.gatewayHost is set, but config.gateway.providers is empty: the gateway does not listen without one." -}}
{{- end -}}
{{- if and $values.ingress.enabled $values.ingress.grafanaHost (not $values.grafana.bundled) -}}
{{- fail "ingress.grafanaHost is set, but Grafana is not bundled." -}}
{{- end -}}
{{- end -}}
