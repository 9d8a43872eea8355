import Type, { type Static } from 'typebox';
import { AllocationRuleSettingsSchema } from './allocation-settings.ts';
import { BudgetSettingsSchema } from './budget-settings.ts';
import { EventSettingsSchema } from './event-settings.ts';
import { GatewaySettingsSchema } from './gateway-settings.ts';
import { HealingSettingsSchema } from './healing-settings.ts';
import { KubernetesSettingsSchema } from './kubernetes-settings.ts';
import { RevenueSettingsSchema } from './revenue-settings.ts';
import { ScalingConfigSchema } from './scaling-settings.ts';
import { ShowbackReportSettingsSchema } from './showback-settings.ts';
import { tagRuleFields } from './tag-rule-settings.ts';
import { PriceSettingsSchema } from './price-settings.ts';
import { ViewSettingsSchema } from './view-settings.ts';

/**
 * The whole configuration of the service: one YAML file, overridden by environment variables (environment.ts). A key that
 * is not listed here is an error, so that a typing mistake is found at the start and not at three in the morning.
 */

const strict = { additionalProperties: false } as const;
const SecretString = (description: string) => Type.String({ description, 'x-secret': true });
const Positive = (value: number, description: string) => Type.Integer({ minimum: 1, default: value, description });

const Channel = Type.Union([
  Type.Object(
    {
      type: Type.Literal('slack'),
      name: Type.String({ minLength: 1 }),
      webhookUrl: SecretString('Incoming webhook of Slack'),
    },
    strict,
  ),
  Type.Object(
    {
      type: Type.Literal('pagerduty'),
      name: Type.String({ minLength: 1 }),
      routingKey: SecretString('Integration key (Events API v2)'),
      url: Type.String({ default: 'https://events.pagerduty.com/v2/enqueue' }),
    },
    strict,
  ),
  Type.Object(
    {
      type: Type.Literal('email'),
      name: Type.String({ minLength: 1 }),
      smtpUrl: SecretString('smtp://user:password@host:port or smtps://...'),
      from: Type.String({ minLength: 3 }),
      to: Type.Array(Type.String({ minLength: 3 }), { minItems: 1 }),
    },
    strict,
  ),
  Type.Object(
    {
      type: Type.Literal('webhook'),
      name: Type.String({ minLength: 1 }),
      url: SecretString('Address that receives the notification as JSON'),
      secret: Type.Optional(SecretString('Key of the HMAC-SHA256 signature in X-Amadeus-Signature')),
    },
    strict,
  ),
]);

const RoleName = Type.Union([
  Type.Literal('viewer'),
  Type.Literal('finops'),
  Type.Literal('product'),
  Type.Literal('platform'),
  Type.Literal('admin'),
]);

export const ConfigSchema = Type.Object(
  {
    roles: Type.Array(
      Type.Union([Type.Literal('api'), Type.Literal('worker'), Type.Literal('gateway'), Type.Literal('controller')]),
      { default: ['api', 'worker', 'gateway', 'controller'], minItems: 1, description: 'What this process does' },
    ),
    dataDir: Type.String({
      default: '.amadeus',
      description: 'Folder of the embedded stores, the lake and spooled data',
    }),
    http: Type.Object(
      {
        host: Type.String({ default: '127.0.0.1' }),
        port: Type.Integer({ minimum: 0, maximum: 65535, default: 4280 }),
        publicUrl: Type.Optional(Type.String({ description: 'Address under which people reach the service' })),
        bodyLimitBytes: Positive(32 * 1024 * 1024, 'Largest JSON body'),
        uploadLimitBytes: Positive(4 * 1024 * 1024 * 1024, 'Largest uploaded file'),
        rateLimitPerMinute: Positive(1200, 'Requests per caller and minute, in each process'),
        requestTimeoutMs: Positive(60_000, 'Longest a request may take'),
        metricsToken: Type.Optional(SecretString('Bearer token that /metrics demands; open to all where absent')),
        trustedProxies: Type.Array(Type.String(), {
          default: [],
          description: 'Addresses or CIDRs of proxies whose X-Forwarded-For is believed',
        }),
      },
      { ...strict, default: {} },
    ),
    warehouse: Type.Object(
      {
        url: Type.Optional(SecretString('ClickHouse, e.g. http://user:password@host:8123; embedded where absent')),
        database: Type.String({ default: 'amadeus', pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' }),
        cluster: Type.Optional(
          Type.String({ description: 'Name of the cluster; migrations then use Replicated engines' }),
        ),
        regions: Type.Record(
          Type.String(),
          Type.Object(
            {
              database: Type.Optional(
                Type.String({
                  pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$',
                  description: 'Name of the database; <warehouse.database>_<region> where absent',
                }),
              ),
            },
            strict,
          ),
          {
            default: {},
            maxProperties: 50,
            description: 'Regions whose rows live in a database of their own; rows of all others live in the main one',
          },
        ),
        guards: Type.Object(
          {
            timeoutMs: Positive(15_000, 'Longest a read may take'),
            maxResultRows: Positive(200_000, 'Rows of one answer'),
            maxBytesToRead: Positive(20 * 1024 ** 3, 'Bytes one read may scan'),
          },
          { ...strict, default: {} },
        ),
        cacheSeconds: Type.Integer({
          minimum: 0,
          default: 30,
          description: 'How long equal reads are answered from memory',
        }),
      },
      { ...strict, default: {} },
    ),
    store: Type.Object(
      {
        url: Type.Optional(
          SecretString('PostgreSQL, e.g. postgres://user:password@host:5432/amadeus; embedded where absent'),
        ),
        maxConnections: Positive(10, 'Connections of the pool'),
      },
      { ...strict, default: {} },
    ),
    queue: Type.Object(
      { url: Type.Optional(SecretString('redis://...; on PostgreSQL where absent')) },
      { ...strict, default: {} },
    ),
    lake: Type.Object(
      { dir: Type.Optional(Type.String({ description: 'Folder of raw files; <dataDir>/lake where absent' })) },
      { ...strict, default: {} },
    ),
    sources: Type.Array(
      Type.Object(
        {
          name: Type.String({
            pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
            description: 'Name of the source; its rows carry it',
          }),
          kind: Type.String({ minLength: 1, description: 'Kind of the connector, e.g. aws-cur' }),
          tenant: Type.String({ default: 'default', minLength: 1 }),
          region: Type.String({
            default: 'default',
            pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
            description: 'Region of the installation that its rows belong to',
          }),
          everyMinutes: Type.Integer({
            minimum: 1,
            maximum: 44_640,
            default: 60,
            description: 'How often it is asked',
          }),
          enabled: Type.Boolean({ default: true }),
          settings: Type.Record(Type.String(), Type.Unknown(), {
            default: {},
            description: 'Of the connector; secrets by name only',
          }),
        },
        strict,
      ),
      { default: [], description: 'Sources that the service fetches from by itself' },
    ),
    sourceSecrets: Type.Array(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,199}$' }), {
      default: [],
      description: 'Environment variables that settings of sources may name, besides those that begin with SOURCE_',
    }),
    sourceFolders: Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), {
      default: [],
      maxItems: 100,
      description: 'Folders of this machine that sources may read, with all below them, besides <dataDir>/sources',
    }),
    prometheus: Type.Object(
      {
        url: Type.Optional(Type.String({ description: 'Prometheus or compatible, read for requests, CPU and memory' })),
        bearerToken: Type.Optional(SecretString('Token for it')),
        timeoutMs: Positive(10_000, 'Longest one query may take'),
        maxSeries: Positive(
          5_000,
          'Series of one query that are read: the busiest workloads; the rest is left out with a message',
        ),
        stepSeconds: Positive(60, 'Seconds of one sample; 60 except where traffic is replayed at speed'),
        region: Type.String({ default: 'default', minLength: 1, description: 'Region of the workloads it measures' }),
        workloadLabels: Type.Array(Type.String(), {
          default: ['namespace', 'workload'],
          minItems: 1,
          description: 'Labels that name a workload, outermost first',
        }),
        queries: Type.Object(
          {
            requests: Type.String({
              default: 'sum by (namespace, workload) (rate(http_requests_total[1m]))',
              description: 'Requests per second per workload',
            }),
            cpu: Type.String({
              default: 'sum by (namespace, workload) (rate(container_cpu_usage_seconds_total[1m]))',
              description: 'Cores per workload',
            }),
            memory: Type.String({
              default: 'sum by (namespace, workload) (container_memory_working_set_bytes)',
              description: 'Bytes per workload',
            }),
            replicas: Type.String({
              default: 'sum by (namespace, workload) (amadeus_workload_replicas)',
              description: 'Ready pods per workload',
            }),
            served: Type.String({
              default: 'sum by (namespace, workload) (rate(http_request_duration_seconds_count[1m]))',
              description:
                'Requests per second per workload that its pods answered; what a pod can serve is learned from it',
            }),
            latency: Type.String({
              default:
                'histogram_quantile(0.95, sum by (namespace, workload, le) (rate(http_request_duration_seconds_bucket[1m])))',
              description: 'p95 in seconds per workload; scaling learns from it what a pod can serve',
            }),
          },
          { ...strict, default: {} },
        ),
      },
      { ...strict, default: {} },
    ),
    kubernetes: KubernetesSettingsSchema,
    healing: HealingSettingsSchema,
    scaling: ScalingConfigSchema,
    gateway: GatewaySettingsSchema,
    forecasting: Type.Object(
      {
        seasonMinutes: Positive(1440, 'Length of the season of the seasonal-naive forecaster'),
        maxWorkloads: Positive(1000, 'Workloads that are forecast: the busiest ones'),
        replayMinutes: Positive(4320, 'Kept minutes that the models learn from after a start'),
        tuning: Type.Object(
          {
            secondsPerDay: Type.Number({
              minimum: 0,
              default: 10,
              description: 'Computing time to train the network on one workload a day; 0: never',
            }),
            secondsPerTurn: Positive(15, 'Computing time for all workloads in one turn; a turn begins every minute'),
            days: Positive(7, 'Days of a workload that it is trained on'),
            steps: Positive(400, 'Steps of one training, of 64 windows each'),
          },
          { ...strict, default: {} },
        ),
        events: Type.Array(EventSettingsSchema, {
          default: [],
          maxItems: 1000,
          description: 'Events that are known ahead; by the API they can be read and not changed',
        }),
        annotations: Type.Object(
          {
            token: Type.Optional(
              SecretString('Service account token of Grafana; with it, annotations are read as known events'),
            ),
            tag: Type.String({
              default: 'amadeus-event',
              minLength: 1,
              description: 'Annotations with this tag are read',
            }),
            daysAhead: Positive(60, 'How far ahead they are read'),
          },
          { ...strict, default: {} },
        ),
      },
      { ...strict, default: {} },
    ),
    changes: Type.Object(
      {
        expiryHours: Positive(72, 'After this a proposal that nobody approved expires'),
        defaultMode: Type.Union([Type.Literal('observe'), Type.Literal('approve'), Type.Literal('auto')], {
          default: 'approve',
        }),
        targets: Type.Array(
          Type.Object(
            {
              target: Type.String({ description: 'Kind and pattern, e.g. scaling:shop/* (longest match wins)' }),
              mode: Type.Union([Type.Literal('observe'), Type.Literal('approve'), Type.Literal('auto')]),
              approvals: Type.Integer({ minimum: 0, maximum: 2, default: 1 }),
            },
            strict,
          ),
          { default: [] },
        ),
      },
      { ...strict, default: {} },
    ),
    identity: Type.Object(
      {
        serviceToken: Type.Optional(SecretString('Token of the Grafana app; generated under <dataDir> where absent')),
        datasourceToken: Type.Optional(
          SecretString('Token of the data source: read queries only; generated under <dataDir> where absent'),
        ),
        internalToken: Type.Optional(SecretString('Token between nodes of the system; generated where absent')),
        grafana: Type.Object(
          {
            url: Type.Optional(
              Type.String({ description: 'Grafana as the service reaches it; its JWKS is read there' }),
            ),
            issuer: Type.Optional(Type.String({ description: 'root_url of Grafana where it differs from url' })),
            orgId: Type.Integer({ minimum: 1, default: 1 }),
          },
          { ...strict, default: {} },
        ),
        oidc: Type.Optional(
          Type.Object(
            {
              issuer: Type.String(),
              audience: Type.String(),
              jwksUrl: Type.Optional(Type.String()),
              groupsClaim: Type.String({ default: 'groups' }),
            },
            strict,
          ),
        ),
        roles: Type.Object(
          {
            grafana: Type.Object(
              {
                Viewer: Type.Array(RoleName, { default: ['viewer'] }),
                Editor: Type.Array(RoleName, { default: ['finops', 'product', 'platform'] }),
                Admin: Type.Array(RoleName, { default: ['admin'] }),
              },
              { ...strict, default: {} },
            ),
            teams: Type.Record(Type.String(), Type.Array(RoleName), {
              default: {},
              description: 'Grafana team to roles',
            }),
            groups: Type.Record(Type.String(), Type.Array(RoleName), {
              default: {},
              description: 'OIDC group to roles',
            }),
          },
          { ...strict, default: {} },
        ),
        scopes: Type.Array(
          Type.Object(
            {
              role: Type.Optional(RoleName),
              team: Type.Optional(Type.String({ description: 'Grafana team or OIDC group' })),
              regions: Type.Optional(Type.Array(Type.String())),
              teams: Type.Optional(Type.Array(Type.String())),
              products: Type.Optional(Type.Array(Type.String())),
            },
            strict,
          ),
          { default: [], description: 'Restrictions of what members see; none: everything of the tenant' },
        ),
      },
      { ...strict, default: {} },
    ),
    notify: Type.Object({ channels: Type.Array(Channel, { default: [] }) }, { ...strict, default: {} }),
    outgoing: Type.Object(
      {
        allow: Type.Array(Type.String(), {
          default: [],
          description: 'host, host:port or CIDR that calls may reach although the address is private',
        }),
      },
      { ...strict, default: {} },
    ),
    telemetry: Type.Object(
      {
        logLevel: Type.Union(
          [
            Type.Literal('trace'),
            Type.Literal('debug'),
            Type.Literal('info'),
            Type.Literal('warn'),
            Type.Literal('error'),
          ],
          { default: 'info' },
        ),
        otlpUrl: Type.Optional(Type.String({ description: 'OTLP/HTTP base address for logs, metrics and traces' })),
        otlpHeaders: Type.Optional(Type.Record(Type.String(), SecretString('Header of the collector'))),
      },
      { ...strict, default: {} },
    ),
    audit: Type.Object(
      {
        retentionDays: Type.Integer({ minimum: 180, default: 400 }),
        checkpointDir: Type.Optional(Type.String({ description: 'Signed checkpoints; <dataDir>/audit where absent' })),
      },
      { ...strict, default: {} },
    ),
    revenue: RevenueSettingsSchema,
    allocation: Type.Object(
      {
        rules: Type.Array(AllocationRuleSettingsSchema, {
          default: [],
          maxItems: 200,
          description: 'Rules that split shared costs; by the API they can be read and not changed',
        }),
      },
      { ...strict, default: {} },
    ),
    budgets: Type.Array(BudgetSettingsSchema, {
      default: [],
      maxItems: 500,
      description: 'Budgets that are kept in this file; by the API they can be read and not changed',
    }),
    views: Type.Array(ViewSettingsSchema, {
      default: [],
      maxItems: 200,
      description:
        'Saved views that are kept in this file, shared with everybody; by the API they can be read and not changed',
    }),
    showback: Type.Object(
      {
        reports: Type.Array(ShowbackReportSettingsSchema, {
          default: [],
          maxItems: 200,
          description: 'Reports that are kept in this file; by the API they can be read and not changed',
        }),
      },
      { ...strict, default: {} },
    ),
    tagRules: Type.Object(
      {
        tokenKey: Type.Optional(
          SecretString('Seals the keys of tokens that stand for personal data; generated under <dataDir> where absent'),
        ),
        ...tagRuleFields,
      },
      { ...strict, default: {} },
    ),
    prices: PriceSettingsSchema,
    estate: Type.Object(
      {
        enabled: Type.Boolean({ default: false, description: 'Fill empty stores with the generated estate' }),
        seed: Type.Integer({ default: 42 }),
        days: Type.Integer({
          minimum: 2,
          maximum: 400,
          default: 95,
          description: 'Days of bills; of traffic at most 30',
        }),
      },
      { ...strict, default: {} },
    ),
  },
  strict,
);

export type Config = Static<typeof ConfigSchema>;
