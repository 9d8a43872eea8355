# syntax=docker/dockerfile:1
# The service: API, workers, gateway and controllers by AMADEUS_ROLES, the shop's exporter, and the preparation of the others.
# Without the embedded engines (they are optional packages): it needs CLICKHOUSE_URL and DATABASE_URL.

FROM node:24-bookworm-slim AS packages
WORKDIR /amadeus
COPY package.json package-lock.json .npmrc ./
COPY backend/package.json backend/
COPY models/package.json models/
COPY plugin/package.json plugin/
# Not `npm ci`: it demands optional packages of every platform in the lockfile, and mirrors do not carry them all.
RUN npm install --no-save --omit=dev --omit=optional --ignore-scripts --workspace=backend --workspace=models

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    NODE_NO_WARNINGS=1 \
    AMADEUS_HTTP_HOST=0.0.0.0 \
    AMADEUS_DATA_DIR=/var/lib/amadeus
# The folders under /prepare are volumes of other containers, which take over their owner when they are first mounted here.
RUN install -d -o node -g node /var/lib/amadeus /prepare/keys /prepare/postgres /prepare/clickhouse /prepare/redis \
    /prepare/grafana /prepare/service /prepare/provisioning
WORKDIR /amadeus
COPY --from=packages /amadeus ./
COPY backend backend
COPY models models
COPY provisioning provisioning
COPY dashboards dashboards
USER 1000:1000
EXPOSE 4280
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:4280/api/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "backend/src/main.ts"]
CMD ["serve"]
