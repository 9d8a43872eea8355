import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const Amount = (description: string) => Type.String({ description, examples: ['123.45'] });
const text = (description: string, options: object = {}) =>
  Type.Optional(Type.String({ maxLength: 200, description, ...options }));
const several = Type.Union([
  Type.String({ maxLength: 8_000 }),
  Type.Array(Type.String({ maxLength: 8_000 }), { maxItems: 20 }),
]);

const selection = {
  range: text('30d, month or lastMonth; 30d where nothing is given'),
  from: text('Instead of range: first day, ISO 8601; whole UTC days are shown'),
  to: text('Day after the last one; now where absent'),
  currency: text('ISO 4217; amounts in others are converted by the rate of their day', { pattern: '^[A-Za-z]{3}$' }),
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
  filter: Type.Optional(
    Type.Unsafe<string | string[]>({
      ...several,
      description: 'dimension:value,value; give it again to narrow by another dimension',
      examples: ['x_Team:search,ads'],
    }),
  ),
};

export const CardsQuerySchema = Type.Object(selection, strict);
export type CardsQuery = Static<typeof CardsQuerySchema>;

const Texts = (description: string) => Type.Object({ en: Type.String(), ko: Type.String() }, { description });
const NoticeSchema = Type.Object({
  severity: Type.Union([Type.Literal('info'), Type.Literal('warning')]),
  text: Type.String(),
});
export type Notice = Static<typeof NoticeSchema>;

const BasisSchema = Type.Union([Type.Literal('billed'), Type.Literal('estimated'), Type.Literal('mixed')], {
  description: 'billed: all of it stands on bills; estimated: usage times the price book; mixed: some of each',
});
const SplitSchema = Type.Object(
  {
    difference: Amount('This period less the one before'),
    price: Amount('Because one costs more or less'),
    volume: Amount('Because there is more or less of all'),
    mix: Amount('Because the parts shifted'),
    unknown: Amount('Part of `volume` whose quantity no bill and no usage tells'),
  },
  { description: 'price, volume and mix add up to the difference to the last digit' },
);
const FreshnessSchema = Type.Object({
  newestChargePeriodEnd: Type.Optional(Type.String()),
  newestUsageDay: Type.Optional(Type.String()),
});

export const CardSchema = Type.Object({
  id: Type.Union([
    Type.Literal('tokens'),
    Type.Literal('request'),
    Type.Literal('session'),
    Type.Literal('customer'),
    Type.Literal('feature'),
    Type.Literal('model'),
    Type.Literal('version'),
    Type.Literal('stage'),
    Type.Literal('job'),
    Type.Literal('gpu-hour'),
  ]),
  title: Texts('What one is'),
  unit: Type.String({ description: 'What the value is per, e.g. `1,000 tokens`' }),
  value: Type.Optional(Amount('Cost of one unit, ten digits; absent where there is none')),
  cost: Amount('Numerator, exact'),
  quantity: Amount('Denominator, exact: tokens, requests, sessions, customers ...'),
  per: Type.Integer({ description: 'value = cost / quantity * per' }),
  currency: Type.String(),
  basis: BasisSchema,
  billed: Amount('Part of the cost that stands on bills'),
  estimated: Amount('Part that is usage times the price book'),
  previous: Type.Optional(
    Type.Object(
      { value: Type.Optional(Amount('')), cost: Amount(''), quantity: Amount('') },
      {
        description: 'The same of the period before; absent where the data does not reach back',
      },
    ),
  ),
  change: Type.Optional(
    Type.Object({
      share: Type.Optional(Type.String({ description: 'Change of the value, six places; 0.1 is 10 % more' })),
      value: Type.Object(SplitSchema.properties, {
        description: 'Of the value; `volume` is 0: an average does not change with how many there are',
      }),
      cost: Type.Object(SplitSchema.properties, {
        description: 'Of the cost behind it, where `volume` is what more or fewer units cost',
      }),
    }),
  ),
  series: Type.Array(
    Type.Object({
      day: Type.String(),
      value: Type.Optional(Amount('')),
      cost: Amount(''),
      quantity: Amount(''),
    }),
  ),
  parts: Type.Array(
    Type.Object({ key: Type.String(), cost: Amount(''), quantity: Amount(''), value: Type.Optional(Amount('')) }),
    { description: 'The costliest parts, five at most; all of them for stages' },
  ),
  missing: Type.Optional(
    Type.Object(
      { dimension: Type.String(), share: Type.String(), cost: Amount('') },
      {
        description: 'Part of the cost that names no value of the dimension and is in no unit',
      },
    ),
  ),
  freshness: FreshnessSchema,
  how: Texts('How it is computed'),
  drillTo: Type.String({ description: '`by` of GET /api/unit-economics/breakdown' }),
  unavailable: Type.Optional(Type.String({ description: 'Why there is no value' })),
});
export type Card = Static<typeof CardSchema>;

const spanFields = {
  currency: Type.String(),
  metric: Type.String(),
  from: Type.String(),
  to: Type.String({ description: 'Excluded' }),
  previousFrom: Type.String(),
  previousTo: Type.String(),
  freshness: FreshnessSchema,
  rates: Type.Array(
    Type.Object({ currency: Type.String(), rate: Type.String(), rateDay: Type.String(), source: Type.String() }),
  ),
  notices: Type.Array(NoticeSchema),
  cachedAgeSeconds: Type.Optional(Type.Number()),
};

export const CardsSchema = Type.Object({
  ...spanFields,
  cards: Type.Array(CardSchema),
  unspread: Amount('Billed cost of language models for which there is no usage to spread it by'),
  withoutTeamShare: Type.Optional(Type.String({ description: 'Part of all cost that names no team' })),
});
export type Cards = Static<typeof CardsSchema>;

const BreakdownKeySchema = Type.Union([
  Type.Literal('x_Team'),
  Type.Literal('x_Product'),
  Type.Literal('x_Customer'),
  Type.Literal('x_Feature'),
  Type.Literal('x_Environment'),
  Type.Literal('x_Model'),
  Type.Literal('ModelVersion'),
  Type.Literal('session'),
  Type.Literal('job'),
]);
export type BreakdownKey = Static<typeof BreakdownKeySchema>;

export const BreakdownQuerySchema = Type.Object(
  {
    ...selection,
    by: BreakdownKeySchema,
    sort: Type.Optional(
      Type.Union([Type.Literal('cost'), Type.Literal('change'), Type.Literal('margin')], { default: 'cost' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000, default: 0 })),
  },
  strict,
);
export type BreakdownQuery = Static<typeof BreakdownQuerySchema>;

const QuantilesSchema = Type.Object({
  count: Type.Integer(),
  p10: Amount(''),
  p50: Amount(''),
  p90: Amount(''),
  p95: Amount(''),
  p99: Amount(''),
  max: Amount(''),
});
export type Quantiles = Static<typeof QuantilesSchema>;

export const BreakdownRowSchema = Type.Object({
  key: Type.String({ description: 'Empty: what names no value' }),
  cost: Amount('Exact; billed and estimated together'),
  billed: Amount(''),
  estimated: Amount(''),
  shared: Type.Optional(Amount('Part of the shared cost by the allocation rules')),
  requests: Type.Integer(),
  tokens: Type.Integer(),
  sessions: Type.Integer(),
  gpuHours: Type.Optional(Amount('')),
  costPerRequest: Type.Optional(Amount('Of the cost of language models')),
  costPer1000Tokens: Type.Optional(Amount('')),
  costPerSession: Type.Optional(Amount('')),
  modelCost: Amount('Cost of language models, numerator of the three'),
  previousCost: Type.Optional(Amount('')),
  change: Type.Optional(Amount('')),
  changeShare: Type.Optional(Type.String({ description: 'Six places' })),
  revenue: Type.Optional(Amount('Where it is known')),
  margin: Type.Optional(Amount('revenue less cost and shared')),
  marginShare: Type.Optional(Type.String({ description: 'margin / revenue, six places' })),
});
export type BreakdownRow = Static<typeof BreakdownRowSchema>;

export const BreakdownSchema = Type.Object({
  ...spanFields,
  by: Type.String(),
  rows: Type.Array(BreakdownRowSchema),
  total: BreakdownRowSchema,
  groups: Type.Integer({ description: 'Rows on all pages' }),
  distribution: Type.Object(
    {
      session: Type.Optional(QuantilesSchema),
      request: Type.Optional(QuantilesSchema),
    },
    {
      description:
        'Cost of one session and one request by the price book, within 1 % of rank; of a session exact where filters are set or days are not kept yet',
    },
  ),
  unspread: Amount('Billed cost of language models for which there is no usage to spread it by'),
  nextOffset: Type.Optional(Type.Integer()),
});
export type Breakdown = Static<typeof BreakdownSchema>;

export const DriversQuerySchema = Type.Object(
  {
    ...selection,
    dims: text(
      'Dimensions of GET /api/cost/dimensions, separated by commas, at most three; x_Team,ServiceName where absent',
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 20 })),
  },
  strict,
);
export type DriversQuery = Static<typeof DriversQuerySchema>;

export const DriverSchema = Type.Object({
  keys: Type.Record(Type.String(), Type.String()),
  cost: Amount(''),
  previousCost: Amount(''),
  split: SplitSchema,
  share: Type.Optional(
    Type.String({ description: 'Part of the whole difference, six places; may be negative or above 1' }),
  ),
  isNew: Type.Boolean(),
  isGone: Type.Boolean(),
  other: Type.Optional(Type.Boolean()),
});
export type Driver = Static<typeof DriverSchema>;

export const DriversSchema = Type.Object({
  ...spanFields,
  dims: Type.Array(Type.String()),
  sentence: Texts('The largest driver'),
  total: Type.Object({ cost: Amount(''), previousCost: Amount(''), split: SplitSchema }),
  rows: Type.Array(DriverSchema),
});
export type Drivers = Static<typeof DriversSchema>;

export const FinopsOverviewQuerySchema = Type.Object(
  {
    role: Type.Union([Type.Literal('finops'), Type.Literal('platform'), Type.Literal('product')]),
    currency: selection.currency,
  },
  strict,
);
export type OverviewRole = Static<typeof FinopsOverviewQuerySchema>['role'];

export const FigureSchema = Type.Object({
  id: Type.String(),
  label: Texts(''),
  value: Type.Optional(Type.String({ description: 'Exact decimal; a share is 0 to 1; absent where it is not known' })),
  unit: Type.Union([Type.Literal('money'), Type.Literal('share'), Type.Literal('count'), Type.Literal('text')]),
  previous: Type.Optional(Type.String()),
  changeShare: Type.Optional(Type.String()),
  note: Type.Optional(Type.String()),
  how: Texts(''),
});
export type OverviewFigure = Static<typeof FigureSchema>;

export const FinopsOverviewSchema = Type.Object({
  role: Type.String(),
  currency: Type.String(),
  sentence: Texts('The state in one sentence, with the number'),
  figures: Type.Array(FigureSchema),
  freshness: FreshnessSchema,
  notices: Type.Array(NoticeSchema),
});
export type FinopsOverview = Static<typeof FinopsOverviewSchema>;
