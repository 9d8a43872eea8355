{{/*
The template of a pod of the service. Call with (dict "root" $ "component" NAME "roles" LIST "part" VALUES-OF-THE-PART), and
"ownVolume" true where the data folder is a volume of the StatefulSet.
*/}}
{{- define "amadeus.pod" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $name := include "amadeus.fullname" $root -}}
{{- $pod := merge (dict) (.part.pod | default dict) $values.pod -}}
{{- $acts := and (ne .component "gateway") (include "amadeus.watchesOwnCluster" $root) -}}
{{- $gateway := and (eq .component (include "amadeus.gatewayComponent" $root)) (include "amadeus.hasGateway" $root) -}}
{{- $metricsApi := and $values.externalMetrics.enabled (eq .component (include "amadeus.apiComponent" $root)) -}}
metadata:
  labels:
    {{- include "amadeus.labels" . | nindent 4 }}
    amadeus.dev/service: {{ $name }}
    {{- with $pod.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ include "amadeus.config" $root | sha256sum }}
    checksum/secrets: {{ include "amadeus.secretChecksum" $root }}
    {{- with $pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "amadeus.serviceAccount" $root }}
  # Only who looks at this cluster gets a token for it.
  automountServiceAccountToken: {{ if $acts }}true{{ else }}false{{ end }}
  # Variables for each Service of the namespace would begin with AMADEUS_ and be taken for settings that do not exist.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $pod.terminationGracePeriodSeconds }}
  {{- with $values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- include "amadeus.podSecurity" (dict "user" 1000 "group" 1000) | nindent 4 }}
  containers:
    - name: amadeus
      image: {{ include "amadeus.image" (dict "root" $root "image" $values.image) }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      ports:
        - { name: http, containerPort: 4280 }
        {{- if $gateway }}
        - { name: gateway, containerPort: 4290 }
        {{- end }}
        {{- if $metricsApi }}
        - { name: metrics-api, containerPort: 6443 }
        {{- end }}
      env:
        - { name: AMADEUS_CONFIG, value: /etc/amadeus/amadeus.yaml }
        - { name: AMADEUS_ROLES, value: {{ join "," .roles | quote }} }
        - { name: AMADEUS_DATA_DIR, value: /var/lib/amadeus }
        - { name: AMADEUS_HTTP_HOST, value: 0.0.0.0 }
        - { name: AMADEUS_HTTP_PORT, value: '4280' }
        - { name: AMADEUS_GATEWAY_HOST, value: 0.0.0.0 }
        - { name: AMADEUS_GATEWAY_PORT, value: '4290' }
        - { name: CLICKHOUSE_URL_FILE, value: /run/amadeus/clickhouse-url }
        - { name: DATABASE_URL_FILE, value: /run/amadeus/database-url }
        {{- if include "amadeus.hasRedis" $root }}
        - { name: REDIS_URL_FILE, value: /run/amadeus/redis-url }
        {{- end }}
        - { name: AMADEUS_IDENTITY_SERVICE_TOKEN_FILE, value: /run/amadeus/service-token }
        - { name: AMADEUS_IDENTITY_DATASOURCE_TOKEN_FILE, value: /run/amadeus/datasource-token }
        - { name: AMADEUS_IDENTITY_INTERNAL_TOKEN_FILE, value: /run/amadeus/internal-token }
        - { name: AMADEUS_TAG_RULES_TOKEN_KEY_FILE, value: /run/amadeus/tag-token-key }
        - { name: AMADEUS_GATEWAY_DATA_KEY_FILE, value: /run/amadeus/gateway-data-key }
        - { name: AMADEUS_IDENTITY_GRAFANA_URL, value: {{ include "amadeus.grafanaUrl" $root | quote }} }
        {{- with include "amadeus.grafanaIssuer" $root }}
        - { name: AMADEUS_IDENTITY_GRAFANA_ISSUER, value: {{ . | quote }} }
        {{- end }}
        {{- if $values.metrics.tokenSecret.name }}
        - { name: AMADEUS_HTTP_METRICS_TOKEN_FILE, value: /run/amadeus/metrics-token }
        {{- end }}
        {{- if $metricsApi }}
        - { name: AMADEUS_SCALING_METRICS_API_CERT_FILE, value: /etc/metrics/tls.crt }
        - { name: AMADEUS_SCALING_METRICS_API_KEY_FILE, value: /etc/metrics/tls.key }
        - { name: AMADEUS_SCALING_METRICS_API_CLIENT_CA_FILE, value: /etc/aggregator/ca.crt }
        {{- end }}
        {{- with $values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $values.envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      # It answers once the stores are there and their tables are up to date.
      startupProbe:
        httpGet: { path: /api/healthz, port: http }
        periodSeconds: 5
        failureThreshold: {{ $pod.startupFailureThreshold }}
      livenessProbe:
        httpGet: { path: /api/healthz, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        {{- if eq .component "gateway" }}
        # Of the gateway itself: it goes on while the stores are away, and says no once it is to stop.
        httpGet: { path: /healthz, port: gateway }
        {{- else }}
        httpGet: { path: /api/readyz, port: http }
        {{- end }}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 2
      lifecycle:
        preStop:
          # Until nobody sends new connections here any more.
          exec: { command: [sleep, '5'] }
      resources:
        {{- toYaml .part.resources | nindent 8 }}
      securityContext:
        {{- include "amadeus.containerSecurity" $root | nindent 8 }}
      volumeMounts:
        - { name: config, mountPath: /etc/amadeus, readOnly: true }
        - { name: secrets, mountPath: /run/amadeus, readOnly: true }
        - { name: data, mountPath: /var/lib/amadeus }
        - { name: tmp, mountPath: /tmp }
        {{- if $metricsApi }}
        - { name: metrics-tls, mountPath: /etc/metrics, readOnly: true }
        - { name: aggregator-ca, mountPath: /etc/aggregator, readOnly: true }
        {{- end }}
        {{- with $pod.volumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: config
      configMap: { name: {{ $name }} }
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- include "amadeus.serviceSecrets" $root | trim | nindent 10 }}
    {{- if not .ownVolume }}
    - name: data
      persistentVolumeClaim: { claimName: {{ $values.data.existingClaim | default (printf "%s-data" $name) }} }
    {{- end }}
    - name: tmp
      emptyDir: { sizeLimit: 2Gi }
    {{- if $metricsApi }}
    - name: metrics-tls
      secret: { secretName: {{ $name }}-metrics-tls }
    - name: aggregator-ca
      configMap: { name: {{ $values.externalMetrics.clientCaConfigMap | default (printf "%s-aggregator-ca" $name) }} }
    {{- end }}
    {{- with $pod.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  topologySpreadConstraints:
    {{- if $pod.topologySpreadConstraints }}
    {{- toYaml $pod.topologySpreadConstraints | nindent 4 }}
    {{- else }}
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "amadeus.selector" . | nindent 10 }}
    {{- end }}
  {{- with $pod.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
