import Type, { type Static } from 'typebox';
import { AllocationRuleSettingsSchema } from './allocation-settings.ts';
import { BudgetSettingsSchema } from './budget-settings.ts';
import { ForecastingSettingsSchema } from './forecasting-settings.ts';
import { GatewaySettingsSchema } from './gateway-settings.ts';
import { HealingSettingsSchema } from './healing-settings.ts';
import { IdentitySettingsSchema } from './identity-settings.ts';
import { KubernetesSettingsSchema } from './kubernetes-settings.ts';
import { NotifySettingsSchema } from './notify-settings.ts';
import { PrometheusSettingsSchema } from './prometheus-settings.ts';
import { RevenueSettingsSchema } from './revenue-settings.ts';
import { ScalingConfigSchema } from './scaling-settings.ts';
import { Positive, SecretString, strict } from './setting-types.ts';
import { ShowbackReportSettingsSchema } from './showback-settings.ts';
import { SourcesSchema } from './source-settings.ts';
import { tagRuleFields } from './tag-rule-settings.ts';
import { PriceSettingsSchema } from './price-settings.ts';
import { ViewSettingsSchema } from './view-settings.ts';

/**
 * The whole configuration of the service: one YAML file, overridden by environment variables (environment.ts). A key that
 * is not listed here is an error, so that a typing mistake is found at the start and not at three in the morning.
 */
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
    sources: SourcesSchema,
    sourceSecrets: Type.Array(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,199}$' }), {
      default: [],
      description: 'Environment variables that settings of sources may name, besides those that begin with SOURCE_',
    }),
    sourceFolders: Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), {
      default: [],
      maxItems: 100,
      description: 'Folders of this machine that sources may read, with all below them, besides <dataDir>/sources',
    }),
    prometheus: PrometheusSettingsSchema,
    kubernetes: KubernetesSettingsSchema,
    healing: HealingSettingsSchema,
    scaling: ScalingConfigSchema,
    gateway: GatewaySettingsSchema,
    forecasting: ForecastingSettingsSchema,
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
    identity: IdentitySettingsSchema,
    notify: NotifySettingsSchema,
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
