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
    examples: ['x_Team:search,ads'],
  }),
);

export const SummaryQuerySchema = Type.Object(
  {
    dims: one('Dimensions to group by, separated by commas, at most four', { examples: ['ProviderName,x_Team'] }),
    ...rangeFields,
    metric: Type.Optional(
      Type.Union(
        [
          Type.Literal('BilledCost'),
          Type.Literal('EffectiveCost'),
          Type.Literal('ListCost'),
          Type.Literal('ContractedCost'),
        ],
        { default: 'EffectiveCost' },
      ),
    ),
    currency: one('ISO 4217; where absent, the one of most lines', { pattern: '^[A-Za-z]{3}$' }),
    granularity: Type.Optional(
      Type.Union([Type.Literal('total'), Type.Literal('day'), Type.Literal('hour')], { default: 'total' }),
    ),
    filter: filterField,
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Groups; the rest is one group `other`' }),
    ),
    compare: Type.Optional(Type.Literal('previous', { description: 'Sets the span before beside it' })),
  },
  strict,
);
export type SummaryQuery = Static<typeof SummaryQuerySchema>;

const Amount = (description: string) => Type.String({ description, examples: ['123.45'] });
const NoticeSchema = Type.Object({
  severity: Type.Union([Type.Literal('info'), Type.Literal('warning')]),
  text: Type.String(),
});
export type Notice = Static<typeof NoticeSchema>;

export const CostRowSchema = Type.Object({
  keys: Type.Record(Type.String(), Type.String(), {
    description: 'Value of each dimension; empty where the bill names none',
  }),
  cost: Amount('Exact decimal'),
  previousCost: Type.Optional(Amount('The same of the span before')),
  share: Type.Optional(
    Type.String({ description: 'Part of the total, six places; absent where the total is 0, and along time' }),
  ),
  lines: Type.Integer({ description: 'Lines of the bill' }),
  at: Type.Optional(Type.String({ description: 'Start of the hour or day, UTC' })),
  other: Type.Optional(Type.Boolean({ description: 'True: all groups beyond the limit together' })),
});
export type CostRow = Static<typeof CostRowSchema>;

export const SummarySchema = Type.Object({
  metric: Type.String(),
  currency: Type.String({ description: 'Of every amount; empty where there is no cost' }),
  from: Type.String(),
  to: Type.String({ description: 'Excluded' }),
  granularity: Type.String(),
  dims: Type.Array(Type.String()),
  rows: Type.Array(CostRowSchema),
  total: Type.Object({
    cost: Amount('Exact decimal'),
    previousCost: Type.Optional(Amount('Of the span before')),
    lines: Type.Integer(),
  }),
  currencies: Type.Array(Type.String(), { description: 'All in which there is cost in the span' }),
  quality: Type.Object({
    withoutTeamShare: Type.Optional(
      Type.String({
        description:
          'Part of the amounts, credits counted by their size, that names no team; absent without any, and along time',
      }),
    ),
  }),
  freshness: Type.Object({ newestChargePeriodEnd: Type.Optional(Type.String()) }),
  cachedAgeSeconds: Type.Optional(Type.Number()),
  notices: Type.Array(NoticeSchema),
});
export type CostSummary = Static<typeof SummarySchema>;

export const DimensionsSchema = Type.Object({
  dims: Type.Array(
    Type.Object({
      name: Type.String(),
      label: Type.String(),
      values: Type.Integer({ description: 'Different values, the empty one not counted' }),
    }),
  ),
});

export const ValuesParamsSchema = Type.Object({ dim: Type.String({ maxLength: 64 }) }, strict);
export const ValuesQuerySchema = Type.Object(
  {
    search: one('Part of the value, case ignored'),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  },
  strict,
);
export const ValuesSchema = Type.Object({ values: Type.Array(Type.String()) });

export const LinesQuerySchema = Type.Object(
  {
    ...rangeFields,
    currency: one('ISO 4217', { pattern: '^[A-Za-z]{3}$' }),
    filter: filterField,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    resource: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2_048, description: 'Only lines of this ResourceId' }),
    ),
    cursor: one('nextCursor of the page before', { pattern: '^[A-Za-z0-9_-]+$' }),
  },
  strict,
);
export type LinesQuery = Static<typeof LinesQuerySchema>;

const Unknown = Type.Unsafe<string | null>({
  ...{ type: 'string', nullable: true },
  description: 'Exact decimal; null where the bill does not say it',
});
const names = <Name extends string>(...columns: Name[]) =>
  Object.fromEntries(columns.map((name) => [name, Type.String()])) as Record<Name, ReturnType<typeof Type.String>>;

/** Every member is named: a line of members that are found out costs twice the time to write. */
export const LineSchema = Type.Object({
  ...names('x_DropId', 'x_Source'),
  x_SourceFile: Type.String({ description: 'Name of the file as it was sent' }),
  x_SourceLine: Type.Integer(),
  x_LakePath: Type.String({ description: 'Where the bytes of the file are kept' }),
  ...names('ChargePeriodStart', 'ChargePeriodEnd', 'BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'),
  ...{ ListUnitPrice: Unknown, ContractedUnitPrice: Unknown, PricingQuantity: Unknown, ConsumedQuantity: Unknown },
  ...names('BillingCurrency', 'ProviderName', 'ServiceCategory', 'ServiceName', 'ChargeCategory', 'ChargeClass'),
  ...names('ChargeDescription', 'BillingAccountId', 'BillingAccountName', 'SubAccountId', 'SubAccountName'),
  ...names('RegionId', 'ResourceId', 'ResourceName', 'ResourceType', 'SkuId', 'PricingUnit', 'ConsumedUnit'),
  ...names('x_Team', 'x_Product', 'x_Customer', 'x_Feature', 'x_Environment', 'x_Model'),
  Tags: Type.Record(Type.String(), Type.String()),
});
export const LinesSchema = Type.Object({
  lines: Type.Array(LineSchema),
  nextCursor: Type.Optional(Type.String({ description: 'Absent on the last page' })),
});
export type Lines = Static<typeof LinesSchema>;
