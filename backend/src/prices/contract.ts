import Type, { type Static } from 'typebox';
import {
  AmountSchema,
  CurrencySchema,
  DaySchema,
  DecimalSchema,
  KindSchema,
  Name,
  oneOf,
  PersonSchema,
  strict,
  Text,
  TimeSchema,
} from './contract-fields.ts';
import { type Meter, meterNames } from './meter.ts';
import { priceSources, purchases, serviceTiers } from './price-entry.ts';

const ConditionSchema = Type.Object(
  {
    tier: Type.Optional(oneOf(['batch', 'flex', 'priority'] as const, 'Service tier; absent: any without a price')),
    promptAbove: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Prompts of more tokens: then all tokens of the call have this price' }),
    ),
    resultsAbove: Type.Optional(Type.Integer({ minimum: 0, description: 'Searches with at least so many results' })),
    intervalAbove: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Videos looked at at intervals of more seconds' }),
    ),
    options: Type.Optional(
      Type.Record(Type.String({ maxLength: 40 }), Type.String({ maxLength: 80 }), {
        description: 'Choices of the call: size, quality, steps, resolution, searchContext, region, speed',
        maxProperties: 8,
      }),
    ),
  },
  strict,
);
const ComponentSchema = Type.Object(
  {
    meter: oneOf<Meter | 'factor'>([...meterNames, 'factor'], 'What is counted; `factor` multiplies the token prices'),
    price: AmountSchema,
    when: Type.Optional(ConditionSchema),
    inCredits: Type.Optional(Type.String({ maxLength: 20, description: "The provider's unit of account, e.g. DBU" })),
  },
  strict,
);

/** What a person sends to create a price, and what YAML lists. */
export const NewPriceSchema = Type.Object(
  {
    kind: KindSchema,
    provider: Type.Optional(Name(60, 'Empty: whoever runs it (on-premises)')),
    item: Type.String({ minLength: 1, maxLength: 200, description: 'Model, GPU type, machine type, storage class' }),
    region: Type.Optional(Name(60, 'Empty: everywhere')),
    purchase: Type.Optional(oneOf(purchases, 'How it is bought; on-demand where absent')),
    unit: Type.Optional(Name(40, 'Unit of unitPrice, e.g. GPU-Hours')),
    currency: CurrencySchema,
    unitPrice: Type.Optional(AmountSchema),
    components: Type.Optional(Type.Array(ComponentSchema, { minItems: 1, maxItems: 200 })),
    from: Type.Optional(
      Type.String({ description: 'Day or instant from which it holds; absent: always', maxLength: 30 }),
    ),
    to: Type.Optional(Type.String({ description: 'Day or instant at which it ends; absent: never', maxLength: 30 })),
    note: Type.Optional(Text(2000, 'Where the figure is from, or why it was agreed')),
  },
  strict,
);
export type NewPrice = Static<typeof NewPriceSchema>;

export const SupersedeSchema = Type.Object(
  {
    unit: NewPriceSchema.properties.unit,
    currency: Type.Optional(CurrencySchema),
    unitPrice: NewPriceSchema.properties.unitPrice,
    components: NewPriceSchema.properties.components,
    from: Type.Optional(Type.String({ description: 'From when the new price holds; absent: now', maxLength: 30 })),
    note: NewPriceSchema.properties.note,
    reason: Text(2000, 'Why'),
  },
  strict,
);
export type Supersede = Static<typeof SupersedeSchema>;

export const PriceSchema = Type.Object({
  id: Type.String({ examples: ['p41'] }),
  kind: KindSchema,
  provider: Type.String(),
  item: Type.String(),
  region: Type.String(),
  purchase: Type.String(),
  unit: Type.String(),
  currency: CurrencySchema,
  unitPrice: Type.Optional(DecimalSchema),
  components: Type.Array(ComponentSchema),
  summary: Type.String({
    description: 'The price in a line',
    examples: ['2 in, 0.5 cached, 8 out USD per million tokens'],
  }),
  from: Type.Union([TimeSchema, Type.Null()], { description: 'null: since always' }),
  to: Type.Union([TimeSchema, Type.Null()], { description: 'null: without end' }),
  shared: Type.Boolean({ description: 'Holds for every tenant; own prices come first' }),
  source: oneOf(priceSources, 'manual, yaml, litellm, portkey, or list (the shipped list prices)'),
  sourceKey: Type.String(),
  note: Type.String(),
  inEffect: Type.Boolean({ description: 'At the instant asked for' }),
});
export type Price = Static<typeof PriceSchema>;

export const PriceDetailSchema = Type.Object({
  ...PriceSchema.properties,
  createdAt: TimeSchema,
  createdBy: PersonSchema,
  closedAt: Type.Union([TimeSchema, Type.Null()]),
  closedBy: Type.Union([PersonSchema, Type.Null()]),
  closeReason: Type.String(),
  supersedes: Type.Union([Type.String(), Type.Null()]),
  history: Type.Array(PriceSchema, { description: 'Every version of this price, newest first' }),
});
export type PriceDetail = Static<typeof PriceDetailSchema>;

export const ListQuerySchema = Type.Object(
  {
    kind: Type.Optional(KindSchema),
    provider: Type.Optional(Type.String({ maxLength: 60 })),
    source: Type.Optional(oneOf(priceSources, 'Where the price comes from')),
    search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the item, provider or region' })),
    at: Type.Optional(Type.String({ maxLength: 30, description: 'Day or instant; default now. `all`: every version' })),
    offset: Type.Integer({ minimum: 0, maximum: 100_000, default: 0 }),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  },
  strict,
);
export const ListSchema = Type.Object({
  prices: Type.Array(PriceSchema),
  total: Type.Integer(),
  providers: Type.Array(Type.Object({ provider: Type.String(), kind: KindSchema, prices: Type.Integer() }), {
    description: 'What there is to filter by, under the other filters',
  }),
});

export const IdSchema = Type.Object({ id: Type.String({ pattern: '^[pdc]\\d{1,18}$' }) }, strict);
export const ReasonQuerySchema = Type.Object({ reason: Text(2000, 'Why') }, strict);

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const UsageSchema = Type.Object(
  {
    startedAt: Type.String({ maxLength: 40, description: 'ISO 8601; the prices of that instant count' }),
    provider: Type.String({ maxLength: 80 }),
    model: Type.String({ maxLength: 300 }),
    requests: Type.Optional(Count),
    inputTokens: Count,
    cachedInputTokens: Type.Optional(Count),
    cacheWrite5mTokens: Type.Optional(Count),
    cacheWrite1hTokens: Type.Optional(Count),
    outputTokens: Count,
    reasoningTokens: Type.Optional(Count),
    inputAudioTokens: Type.Optional(Count),
    outputAudioTokens: Type.Optional(Count),
    inputImages: Type.Optional(Count),
    outputImages: Type.Optional(Count),
    inputCharacters: Type.Optional(Count),
    inputSeconds: Type.Optional(Type.Number({ minimum: 0 })),
    outputSeconds: Type.Optional(Type.Number({ minimum: 0 })),
    webSearches: Type.Optional(Count),
    serviceTier: Type.Optional(oneOf(serviceTiers, 'Default standard')),
    quantities: Type.Optional(
      Type.Partial(
        Type.Object(
          Object.fromEntries(meterNames.map((meter) => [meter, AmountSchema])) as Record<Meter, typeof AmountSchema>,
          strict,
        ),
      ),
    ),
    options: ConditionSchema.properties.options,
    results: Type.Optional(Count),
    videoIntervalSeconds: Type.Optional(Count),
  },
  strict,
);
export const RateQuerySchema = Type.Object(
  {
    kind: oneOf(['gpu', 'node', 'storage', 'cpu', 'memory'] as const, 'What is rated'),
    item: Type.String({ minLength: 1, maxLength: 200 }),
    provider: Type.Optional(Type.String({ maxLength: 60 })),
    region: Type.Optional(Type.String({ maxLength: 60 })),
    at: Type.String({ maxLength: 40 }),
    unit: Type.Optional(Type.String({ maxLength: 40 })),
    purchase: Type.Optional(oneOf(purchases, 'Default on-demand')),
    quantity: Type.Optional(AmountSchema),
  },
  strict,
);
/** Either a language model's usage, or a quantity of hardware. */
export const QuoteSchema = Type.Object(
  { usage: Type.Optional(UsageSchema), rate: Type.Optional(RateQuerySchema), currency: Type.Optional(CurrencySchema) },
  strict,
);
export type QuoteBody = Static<typeof QuoteSchema>;

const TermSchema = Type.Object({
  component: Type.String(),
  meter: Type.String(),
  quantity: DecimalSchema,
  unitPrice: DecimalSchema,
  cost: DecimalSchema,
});
export const QuoteAnswerSchema = Type.Object({
  priced: Type.Boolean(),
  unpriced: Type.Optional(Type.String({ description: 'Why there is no price, and what to do' })),
  cost: Type.Optional(DecimalSchema),
  currency: Type.Optional(CurrencySchema),
  priceId: Type.Optional(Type.String()),
  formula: Type.Optional(Type.String()),
  rule: Type.Optional(Type.String()),
  terms: Type.Optional(Type.Array(TermSchema)),
  notes: Type.Optional(Type.Array(Type.String())),
  converted: Type.Optional(
    Type.Object({
      amount: DecimalSchema,
      currency: CurrencySchema,
      rate: DecimalSchema,
      rateDay: DaySchema,
      rateSource: Type.String(),
    }),
  ),
});
export type QuoteAnswer = Static<typeof QuoteAnswerSchema>;
