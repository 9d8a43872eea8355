# syntax=docker/dockerfile:1
# Grafana with the app and its data source.

FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS pages
WORKDIR /amadeus
COPY package.json package-lock.json .npmrc ./
COPY backend/package.json backend/
COPY models/package.json models/
COPY plugin/package.json plugin/
RUN npm install --no-save --ignore-scripts --workspace=plugin --include-workspace-root
# Pages import types of the service, and only types.
COPY backend backend
COPY plugin plugin
RUN npm run build --workspace=plugin

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS executable
ARG TARGETOS
ARG TARGETARCH
WORKDIR /plugin
COPY plugin/go.mod plugin/go.sum ./
RUN go mod download
COPY plugin/pkg pkg
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w" -o /out/gpx_amadeus_${TARGETOS}_${TARGETARCH} ./pkg

FROM grafana/grafana:12.3.3
ENV GF_PATHS_PLUGINS=/opt/amadeus/plugins \
    GF_PATHS_PROVISIONING=/etc/amadeus/provisioning \
    GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=mureon-amadeus-app,mureon-amadeus-datasource \
    GF_PLUGINS_PREINSTALL_DISABLED=true \
    GF_ANALYTICS_REPORTING_ENABLED=false \
    GF_ANALYTICS_CHECK_FOR_UPDATES=false \
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES=false
COPY --from=pages /amadeus/plugin/dist /opt/amadeus/plugins/mureon-amadeus-app
COPY --from=executable --chmod=0755 /out/ /opt/amadeus/plugins/mureon-amadeus-app/datasource/
COPY dashboards /etc/amadeus/dashboards
USER 472
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:3000/api/health"]
