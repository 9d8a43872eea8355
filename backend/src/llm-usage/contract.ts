import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const one = (description: string, options: object = {}) =>
  Type.Optional(Type.String({ maxLength: 200, description, ...options }));
const several = Type.Union([
  Type.String({ maxLength: 8_000 }),
  Type.Array(Type.String({ maxLength: 8_000 }), { maxItems: 20 }),
]);

const rangeFields = {
  range: one('30d, 24h, month or lastMonth; 30d where nothing is given', { examples: ['30d'] }),
  from: one('Instead of range: first instant, ISO 8601', { examples: ['2026-11-01T00:00:00Z'] }),
  to: one('Instant after the last one, ISO 8601; now where absent'),
};
const filterField = Type.Optional(
  Type.Unsafe<string | string[]>({
    ...several,
    description: 'dimension:value,value; give it again to narrow by another dimension',
    examples: ['Team:search,ads'],
  }),
);

export const UsageQuerySchema = Type.Object(
  {
    dims: one('Dimensions to group by, separated by commas, at most four', { examples: ['Model,Customer'] }),
    ...rangeFields,
    granularity: Type.Optional(
      Type.Union([Type.Literal('total'), Type.Literal('day'), Type.Literal('hour')], { default: 'total' }),
    ),
    filter: filterField,
    currency: one('ISO 4217 of the cost; where absent, the one of most requests', { pattern: '^[A-Za-z]{3}$' }),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Groups; the rest is one group `other`' }),
    ),
  },
  strict,
);
export type UsageQuery = Static<typeof UsageQuerySchema>;

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const QuantilesSchema = Type.Object(
  { p50: Type.Number(), p90: Type.Number(), p99: Type.Number() },
  { description: 'Milliseconds, within 2.5 % of the exact quantile; absent where no request tells it' },
);
export type LatencyQuantiles = Static<typeof QuantilesSchema>;

/** Sums over requests. Parts are never added to their whole: cached is part of input, reasoning part of output. */
const sums = {
  requests: Count('Calls; a bucket of a usage export counts as many as it says'),
  failed: Count('Calls that ended in an error, a time-out or were cancelled'),
  unpriced: Count('Calls without a price: their cost is 0 and not known'),
  inputTokens: Count('All tokens of the prompts'),
  cachedInputTokens: Count('Part of inputTokens that was read from a cache'),
  cacheWriteTokens: Count('Part of inputTokens that was written to a cache'),
  outputTokens: Count('All tokens of the answers'),
  reasoningTokens: Count('Part of outputTokens'),
  inputAudioTokens: Count('Part of inputTokens'),
  outputAudioTokens: Count('Part of outputTokens'),
  images: Count('Images read and made'),
  webSearches: Count('Searches of the web by the provider'),
  sessions: Count('Sessions, each counted on each day in the group of its first request of the day'),
  cost: Type.String({ description: 'By the price book, exact decimal', examples: ['12.345'] }),
  reportedCost: Type.String({ description: 'What the records themselves say, exact decimal; 0 where none says it' }),
  durationMs: Type.Optional(QuantilesSchema),
  firstTokenMs: Type.Optional(QuantilesSchema),
};

export const UsageRowSchema = Type.Object({
  keys: Type.Record(Type.String(), Type.String(), { description: 'Value of each dimension; empty where none is told' }),
  at: Type.Optional(Type.String({ description: 'Start of the hour or day, UTC' })),
  other: Type.Optional(Type.Boolean({ description: 'True: all groups beyond the limit together' })),
  ...sums,
});
export type UsageRow = Static<typeof UsageRowSchema>;

export const UsageTotalSchema = Type.Object(sums);
export type UsageSums = Static<typeof UsageTotalSchema>;

export const UsageSummarySchema = Type.Object({
  from: Type.String(),
  to: Type.String({ description: 'Excluded' }),
  granularity: Type.String(),
  dims: Type.Array(Type.String()),
  currency: Type.String({ description: 'Of every amount; empty where nothing is priced' }),
  currencies: Type.Array(Type.String(), { description: 'All in which there is cost in the span' }),
  rows: Type.Array(UsageRowSchema),
  total: UsageTotalSchema,
  freshness: Type.Object({
    sealedAt: Type.Optional(Type.String({ description: 'When the newest day of the answer was rolled up' })),
    waitingDays: Count('Days of the span with requests that are not rolled up yet; a few seconds as a rule'),
  }),
  cachedAgeSeconds: Type.Optional(Type.Number()),
  notices: Type.Array(
    Type.Object({
      severity: Type.Union([Type.Literal('info'), Type.Literal('warning')]),
      text: Type.String(),
    }),
  ),
});
export type UsageSummary = Static<typeof UsageSummarySchema>;

export const RequestsQuerySchema = Type.Object(
  {
    ...rangeFields,
    filter: filterField,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    cursor: one('nextCursor of the page before', { maxLength: 2_000, pattern: '^[A-Za-z0-9_-]+$' }),
  },
  strict,
);
export type RequestsQuery = Static<typeof RequestsQuerySchema>;

export const RequestLineSchema = Type.Object({
  requestId: Type.String(),
  startedAt: Type.String(),
  source: Type.String(),
  region: Type.String(),
  provider: Type.String(),
  model: Type.String(),
  modelVersion: Type.String(),
  operation: Type.String(),
  requests: Count('Calls that the record stands for'),
  inputTokens: Count('All tokens of the prompt'),
  cachedInputTokens: Count('Part of inputTokens'),
  cacheWrite5mTokens: Count('Part of inputTokens'),
  cacheWrite1hTokens: Count('Part of inputTokens'),
  outputTokens: Count('All tokens of the answer'),
  reasoningTokens: Count('Part of outputTokens'),
  serviceTier: Type.String(),
  status: Type.String(),
  durationMs: Type.Optional(Type.Number()),
  firstTokenMs: Type.Optional(Type.Number()),
  team: Type.String(),
  product: Type.String(),
  customer: Type.String(),
  feature: Type.String(),
  environment: Type.String(),
  session: Type.String(),
  traceId: Type.String(),
  tags: Type.Record(Type.String(), Type.String()),
  cost: Type.String({ description: 'By the price book, exact decimal' }),
  currency: Type.String(),
  priceId: Type.String({ description: 'Price that made the cost; empty: none was found' }),
  priceFormula: Type.String({ description: 'How the cost was computed, or why there is no price' }),
  reportedCost: Type.Optional(Type.String({ description: 'What the record itself says' })),
  reportedCurrency: Type.String(),
  sourceFile: Type.String(),
  sourceLine: Type.Integer(),
  receivedAt: Type.String(),
});
export type RequestLine = Static<typeof RequestLineSchema>;

export const RequestsSchema = Type.Object({
  requests: Type.Array(RequestLineSchema),
  nextCursor: Type.Optional(Type.String({ description: 'Absent on the last page' })),
});
export type Requests = Static<typeof RequestsSchema>;

export const UsageDimensionsSchema = Type.Object({
  dims: Type.Array(Type.Object({ name: Type.String(), label: Type.String() })),
});

export const UsageValuesParamsSchema = Type.Object({ dim: Type.String({ maxLength: 64 }) }, strict);
export const UsageValuesQuerySchema = Type.Object(
  {
    search: one('Part of the value, case ignored'),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  },
  strict,
);
export const UsageValuesSchema = Type.Object({ values: Type.Array(Type.String()) });
