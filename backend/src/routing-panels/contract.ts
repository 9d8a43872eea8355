import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const oneOf = <const T extends string>(values: readonly T[], options: Record<string, unknown> = {}) =>
  Type.Unsafe<T>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      options,
    ),
  );

/** By what calls through the gateway can be grouped and filtered, and what people call it. */
export const routeDimensions = {
  policy: 'Policy',
  version: 'Version of the policy',
  route: 'Route',
  model: 'Model that answered',
  asked: 'Model that was asked for',
  provider: 'Provider',
  team: 'Team',
  product: 'Product',
  customer: 'Customer',
  feature: 'Feature',
  key: 'Key',
  cache: 'Cache',
} as const;
export type RouteDimension = keyof typeof routeDimensions;
export const routeDimensionNames = Object.keys(routeDimensions) as RouteDimension[];

const rangeFields = {
  from: Type.Optional(
    Type.String({ format: 'date-time', description: 'First instant; a day before `to` where absent' }),
  ),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'Instant after the last one; now where absent' })),
};
const filterField = Type.Optional(
  Type.Unsafe<string | string[]>({
    anyOf: [
      { type: 'string', maxLength: 8000 },
      { type: 'array', items: { type: 'string', maxLength: 8000 }, maxItems: 20 },
    ],
    description: `dimension:value,value with a dimension of ${routeDimensionNames.join(', ')}; again to narrow by another one`,
    examples: ['policy:chat,search'],
  }),
);

export const RouteUsageQuerySchema = Type.Object(
  {
    ...rangeFields,
    by: Type.Optional(
      Type.String({
        maxLength: 100,
        description: 'Dimensions, separated by commas, at most three',
        examples: ['policy,route'],
      }),
    ),
    filter: filterField,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  },
  strict,
);
export type RouteUsageQuery = Static<typeof RouteUsageQuerySchema>;

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Money = (description: string) => Type.String({ description: `${description}; exact decimal` });
const Share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const LatencySchema = Type.Object(
  { p50: Type.Number(), p95: Type.Number() },
  { description: 'Milliseconds, within 2.5 % of the exact quantile; absent where nothing was measured' },
);

export const RouteSumsSchema = Type.Object({
  calls: Count('Calls of applications; 0 for a route that only took over from another'),
  answered: Count('Calls that were answered'),
  cancelled: Count('Calls whose caller hung up'),
  failed: Count('Calls that no route answered'),
  tries: Count('Tries: a call is tried over another route where one fails'),
  failedTries: Count('Tries that failed'),
  unpriced: Count('Tries without a price: their cost is 0 and not known'),
  cacheHits: Count('Calls that a cache answered'),
  inputTokens: Count('All tokens of the prompts'),
  cachedInputTokens: Count('Part of inputTokens that the provider had in its own cache'),
  outputTokens: Count('All tokens of the answers'),
  cost: Money('Cost by the price book'),
  saved: Money('What the answers out of a cache would have cost'),
  errorShare: Type.Optional(Share('Part of the calls that no route answered; those whose caller hung up do not count')),
  tryErrorShare: Type.Optional(Share('Part of the tries that failed; those whose caller hung up do not count')),
  cacheShare: Type.Optional(Share('Part of the calls that a cache answered')),
  firstTokenMs: Type.Optional(LatencySchema),
  durationMs: Type.Optional(LatencySchema),
});
export type RouteSums = Static<typeof RouteSumsSchema>;

export const RouteRowSchema = Type.Intersect([
  Type.Object({
    keys: Type.Record(Type.String(), Type.String(), { description: 'Value of each dimension; empty: none' }),
    at: Type.Optional(Type.String({ format: 'date-time', description: 'Start of the bucket' })),
    other: Type.Optional(Type.Boolean({ description: 'All beyond the limit' })),
  }),
  RouteSumsSchema,
]);
export type RouteRow = Static<typeof RouteRowSchema>;

const NoticeSchema = Type.Object({ severity: oneOf(['info', 'warning', 'error']), text: Type.String() });

export const RouteUsageSchema = Type.Object({
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
  currency: Type.String({ description: 'Of the amounts: that of most calls; empty where there is none' }),
  stepSeconds: Type.Optional(Type.Number({ description: 'Of a bucket' })),
  rows: Type.Array(RouteRowSchema),
  notices: Type.Array(NoticeSchema),
});
export type RouteUsage = Static<typeof RouteUsageSchema>;

export const WouldHaveSchema = Type.Object({
  cost: Money(
    'What the same calls would have cost had each gone to the dearest model of its policy and no cache helped',
  ),
  spent: Money('What those calls did cost'),
  saved: Money('The difference'),
  share: Type.Optional(Type.Number({ description: 'The difference as a part of `cost`' })),
  models: Type.Array(
    Type.Object({ policy: Type.String(), model: Type.String(), cost: Money('Of the calls of this policy') }),
    { description: 'The dearest model of each policy' },
  ),
  calls: Count('Calls that could be compared'),
  quality: Type.Optional(
    Type.Object(
      {
        chosen: Share('Of the models that answered'),
        dearest: Share('Of the dearest ones instead'),
      },
      { description: 'Mean quality that the policies expect; absent where they do not say it of each model' },
    ),
  ),
  method: Type.String({ description: 'How it was computed' }),
});
export type WouldHave = Static<typeof WouldHaveSchema>;

export const RoutingOverviewSchema = Type.Object({
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
  state: oneOf(['off', 'no-calls', 'ok'], {
    description: 'off: no provider is configured; no-calls: nothing was called in the span',
  }),
  currency: Type.String(),
  total: RouteSumsSchema,
  choices: Type.Array(RouteRowSchema, { description: 'By policy and route, those with most tries first' }),
  wouldHave: Type.Optional(WouldHaveSchema),
  providers: Type.Array(Type.String(), { description: 'Providers that are configured' }),
  port: Type.Integer({ description: 'Port on which gateways listen' }),
  notices: Type.Array(NoticeSchema),
});
export type RoutingOverview = Static<typeof RoutingOverviewSchema>;

export const CallsQuerySchema = Type.Object(
  {
    ...rangeFields,
    filter: filterField,
    status: Type.Optional(
      oneOf(['ok', 'failed', 'cancelled', 'open'], {
        description: 'Only calls that ended so; open: a try failed and another one is on its way',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100, description: 'Newest calls' })),
  },
  strict,
);
export type CallsQuery = Static<typeof CallsQuerySchema>;

export const LiveCallSchema = Type.Object({
  id: Type.String({ description: 'As the answer said it in x-amadeus-request-id' }),
  at: Type.String({ format: 'date-time' }),
  status: Type.String({
    description:
      'ok, error, timeout, cancelled: how the call ended; open: a try failed, and the one that takes over is not at its end',
  }),
  policy: Type.String(),
  version: Type.String({ description: 'Of the policy; empty: none was told' }),
  asked: Type.String({ description: 'Model that was asked for' }),
  route: Type.String({ description: 'Route that answered, or was tried last' }),
  why: Type.String({ description: 'Why the first route was chosen' }),
  team: Type.String(),
  product: Type.String(),
  customer: Type.String(),
  feature: Type.String(),
  environment: Type.String(),
  session: Type.String(),
  personal: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Kinds of personal data that were found; absent: none, or nobody looked',
    }),
  ),
  promptTokens: Count('Of the prompt, by what is known of it'),
  keyId: Type.String(),
  cache: Type.String({ description: 'Kind of cache that answered; empty: none' }),
  inputTokens: Count('Of all tries'),
  outputTokens: Count('Of all tries'),
  cost: Money('Of all tries'),
  saved: Money('What a cache spared'),
  currency: Type.String(),
  firstTokenMs: Type.Optional(Type.Number()),
  durationMs: Type.Optional(Type.Number({ description: 'From the first try to the end of the last' })),
  tags: Type.Record(Type.String(), Type.String(), { description: 'Tags that the caller sent' }),
  tries: Type.Array(
    Type.Object({
      number: Type.Integer({ description: 'Place among the tries, from 1 on' }),
      judge: Type.Optional(Type.Boolean({ description: 'It marked the answer before it' })),
      route: Type.String(),
      model: Type.String(),
      why: Type.String(),
      status: Type.String(),
      at: Type.String({ format: 'date-time' }),
      firstTokenMs: Type.Optional(Type.Number()),
      durationMs: Type.Optional(Type.Number()),
      inputTokens: Count('Prompt'),
      outputTokens: Count('Answer'),
      estimated: Type.Boolean({ description: 'Tokens are estimated: the provider told none' }),
      cost: Money('By the price book'),
      formula: Type.String({ description: 'How the cost was computed, or why there is none' }),
    }),
  ),
});
export type LiveCall = Static<typeof LiveCallSchema>;
export const LiveCallsSchema = Type.Object({
  calls: Type.Array(LiveCallSchema, { description: 'Newest first. What was asked and answered is not kept here.' }),
});
