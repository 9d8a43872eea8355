import Type, { type Static, type TLiteral } from 'typebox';

const strict = { additionalProperties: false } as const;
const words = <const T extends readonly string[]>(...values: T) =>
  values.map((value) => Type.Literal(value)) as unknown as { -readonly [K in keyof T]: TLiteral<T[K]> };
const Text = (maxLength: number, description: string, more: object = {}) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$', description, ...more });

export const BudgetAmount = Type.String({
  pattern: '^\\d{1,15}(\\.\\d{1,6})?$',
  description: 'Exact decimal in quotes',
  examples: ['25000'],
});

const FilterSchema = Type.Object(
  {
    dimension: Text(
      140,
      'x_Team, x_Product, x_Customer, x_Model or another dimension of cost, or `tag:` and the name of a tag',
      { minLength: 1, examples: ['x_Team'] },
    ),
    values: Type.Array(Text(300, 'A cost counts where it has one of these; the empty one stands for none'), {
      minItems: 1,
      maxItems: 100,
    }),
  },
  strict,
);

const WindowSchema = Type.Object(
  {
    kind: Type.Union(words('calendar', 'rolling'), { description: 'A span of the calendar, or the last days' }),
    unit: Type.Optional(
      Type.Union(words('day', 'week', 'month', 'quarter', 'year'), { description: 'Of a calendar window' }),
    ),
    startDay: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 28,
        description: 'First day: of the week 1 (Monday) to 7, else of the month. Default 1',
      }),
    ),
    startMonth: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 12, description: 'First month of the year or of a quarter. Default 1' }),
    ),
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 366, description: 'Of a rolling window: how many days, with today' }),
    ),
  },
  { ...strict, examples: [{ kind: 'calendar', unit: 'month' }] },
);

const ThresholdSchema = Type.Object(
  {
    kind: Type.Union(words('percent', 'amount')),
    value: Type.String({
      pattern: '^\\d{1,15}(\\.\\d{1,6})?$',
      description: 'Percent of the amount, or an amount of money, as an exact decimal',
      examples: ['80'],
    }),
    on: Type.Union(words('actual', 'forecast'), { description: 'What is compared with it' }),
  },
  strict,
);

const QuietSchema = Type.Object(
  {
    days: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
        minItems: 1,
        maxItems: 7,
        description: 'Days of the week, 1 is Monday; every day where absent',
      }),
    ),
    from: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', examples: ['20:00'] }),
    to: Type.String({
      pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
      description: 'Before `from`: the quiet lasts over midnight',
      examples: ['07:00'],
    }),
  },
  strict,
);

const usualThresholds = [
  { kind: 'percent', value: '80', on: 'actual' },
  { kind: 'percent', value: '100', on: 'actual' },
  { kind: 'percent', value: '100', on: 'forecast' },
];

/** What people say of a budget, in YAML and by the API alike. */
export const budgetFields = {
  name: Text(100, 'What people call it', { minLength: 1, examples: ['Search, month'] }),
  description: Type.Optional(Text(1000, 'Why it is there, who cares for it')),
  filters: Type.Array(FilterSchema, {
    default: [],
    maxItems: 8,
    description: 'Which costs count: those that fit every filter; without any, all of them',
  }),
  regions: Type.Optional(
    Type.Array(Text(100, 'Region of the data'), {
      minItems: 1,
      maxItems: 50,
      description: 'Only costs of these regions of data; all where absent',
    }),
  ),
  amount: BudgetAmount,
  currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217', examples: ['USD'] }),
  metric: Type.Union(words('EffectiveCost', 'BilledCost', 'ListCost', 'ContractedCost'), {
    default: 'EffectiveCost',
    description: 'Which cost of FOCUS is counted',
  }),
  window: WindowSchema,
  timeZone: Type.String({ maxLength: 64, default: 'UTC', description: 'IANA name', examples: ['Asia/Seoul'] }),
  thresholds: Type.Array(ThresholdSchema, { default: usualThresholds, maxItems: 10 }),
  channels: Type.Optional(
    Type.Array(Text(200, 'Name of a channel'), {
      maxItems: 20,
      description: 'Who is told; every configured channel where absent, nobody where empty',
    }),
  ),
  quiet: Type.Array(QuietSchema, {
    default: [],
    maxItems: 14,
    description:
      'Times, in the time zone of the budget, in which alerts are kept and not sent; they are sent afterwards',
  }),
  cooldownMinutes: Type.Integer({
    minimum: 0,
    maximum: 44_640,
    default: 1_440,
    description: 'A threshold that was passed again tells nobody sooner than this after the last time',
  }),
  enforcement: Type.Union(words('none', 'observe', 'enforce'), {
    default: 'none',
    description: 'For gateways: `enforce` refuses what does not fit any more, `observe` only says that it would have',
  }),
} as const;

export const BudgetSettingsSchema = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
      description: 'Stable name: the history of the budget belongs to it',
      examples: ['search-month'],
    }),
    tenant: Type.Optional(Type.String({ maxLength: 100, description: 'Whose it is; `default` where absent' })),
    ...budgetFields,
  },
  strict,
);
export type BudgetSettings = Static<typeof BudgetSettingsSchema>;
