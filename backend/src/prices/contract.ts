import Type, { type Static } from 'typebox';
import { meterNames, type Meter } from './meter.ts';
import { priceKinds, priceSources, purchases, serviceTiers, type PriceKind } from './price-entry.ts';

const strict = { additionalProperties: false } as const;
/** Text that people write: anything but control characters other than line breaks and tabs. */
const Text = (maxLength: number, description: string) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$', description });
const Name = (maxLength: number, description: string) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u001f]*$', description });
export const AmountSchema = Type.String({
  pattern: '^\\d{1,18}(\\.\\d{1,30})?$',
  description: 'Exact decimal, not negative',
  examples: ['0.000002'],
});
export const DecimalSchema = Type.String({ description: 'Exact decimal', examples: ['12.34'] });
const TimeSchema = Type.String({ format: 'date-time', description: 'ISO 8601, UTC' });
export const DaySchema = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', examples: ['2026-11-20'] });
export const CurrencySchema = Type.String({ pattern: '^[A-Z]{3}$', examples: ['USD'] });
const oneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], description });
export const KindSchema = oneOf<PriceKind>(priceKinds, 'What is priced');
const PersonSchema = Type.Object({ id: Type.String(), name: Type.String() });

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

/** What a person sends to agree a discount, and what YAML lists. */
export const NewDiscountSchema = Type.Object(
  {
    kind: KindSchema,
    provider: Type.Optional(Name(60, 'Empty: any')),
    item: Type.Optional(Name(200, 'Empty: any; a trailing * stands for any end')),
    percent: Type.String({
      pattern: '^\\d{1,3}(\\.\\d{1,10})?$',
      description: 'Of the list price, above 0, at most 100',
    }),
    from: Type.Optional(Type.String({ maxLength: 30, description: 'Day or instant; absent: now' })),
    to: Type.Optional(Type.String({ maxLength: 30, description: 'Day or instant; absent: without end' })),
    note: Type.Optional(Text(2000, 'With whom it was agreed')),
  },
  strict,
);
export type NewDiscount = Static<typeof NewDiscountSchema>;
export const DiscountSchema = Type.Object({
  id: Type.String({ examples: ['d3'] }),
  kind: KindSchema,
  provider: Type.String(),
  item: Type.String(),
  percent: DecimalSchema,
  from: TimeSchema,
  to: Type.Union([TimeSchema, Type.Null()]),
  shared: Type.Boolean(),
  source: Type.String({ description: 'manual or yaml' }),
  note: Type.String(),
  inEffect: Type.Boolean(),
});
export type DiscountView = Static<typeof DiscountSchema>;

export const NewCommitmentSchema = Type.Object(
  {
    type: oneOf(['spend', 'throughput'] as const, 'spend: an amount for a span; throughput: capacity by the hour'),
    kind: KindSchema,
    provider: Type.Optional(Name(60, 'Empty: any')),
    item: Type.Optional(Name(200, 'Empty: any; a trailing * stands for any end')),
    amount: AmountSchema,
    currency: CurrencySchema,
    units: Type.Optional(AmountSchema),
    prepaid: Type.Optional(Type.Boolean()),
    from: Type.String({ maxLength: 30, description: 'Day or instant' }),
    to: Type.String({ maxLength: 30, description: 'Day or instant' }),
    note: Type.Optional(Text(2000, 'The contract')),
  },
  strict,
);
export type NewCommitment = Static<typeof NewCommitmentSchema>;
export const CommitmentSchema = Type.Object({
  id: Type.String({ examples: ['c2'] }),
  type: NewCommitmentSchema.properties.type,
  kind: KindSchema,
  provider: Type.String(),
  item: Type.String(),
  amount: DecimalSchema,
  currency: CurrencySchema,
  units: DecimalSchema,
  prepaid: Type.Boolean(),
  from: TimeSchema,
  to: TimeSchema,
  shared: Type.Boolean(),
  source: Type.String({ description: 'manual or yaml' }),
  note: Type.String(),
  inEffect: Type.Boolean(),
  committed: Type.String({
    description: 'What was committed to up to now: of spend the share of its time, of throughput its hours',
  }),
  used: Type.Union([DecimalSchema, Type.Null()], {
    description:
      'What was used of it by estimated cost of language models; null where usage cannot be told in its currency, or the caller sees only a part of it',
  }),
  unused: Type.Union([DecimalSchema, Type.Null()], { description: 'committed less used, not below 0' }),
});
export type CommitmentView = Static<typeof CommitmentSchema>;
export const CreatedSchema = Type.Object({ id: Type.String() });

export const ImportQuerySchema = Type.Object(
  {
    format: oneOf(['litellm', 'portkey'] as const, 'LiteLLM’s price map, or price files of Portkey'),
    provider: Type.Optional(Type.String({ maxLength: 60, description: 'Whose file it is, for one file of Portkey' })),
    preview: Type.Optional(Type.Boolean({ default: false, description: 'Only show what would change' })),
    from: Type.Optional(
      Type.String({
        maxLength: 30,
        description: 'From when changed prices hold; default now. New ones hold since always',
      }),
    ),
    closeGone: Type.Optional(
      Type.Boolean({ default: false, description: 'End prices of this format that the file no longer has' }),
    ),
  },
  strict,
);
const FieldSchema = { field: Type.String(), models: Type.Integer({ description: 'How many models carry it' }) };
const NamedPriceSchema = Type.Object({
  provider: Type.String(),
  item: Type.String(),
  region: Type.String(),
  price: Type.String(),
});
export const ImportReportSchema = Type.Object({
  preview: Type.Boolean(),
  importId: Type.Optional(Type.Integer()),
  format: Type.String(),
  models: Type.Integer({ description: 'Models in the file' }),
  prices: Type.Integer({ description: 'Prices read from it' }),
  counts: Type.Object({
    new: Type.Integer(),
    changed: Type.Integer(),
    unchanged: Type.Integer(),
    gone: Type.Integer(),
    hidden: Type.Integer({ description: 'Prices behind one that your people wrote themselves, which counts' }),
  }),
  new: Type.Array(NamedPriceSchema, { description: 'At most 500 of each list' }),
  changed: Type.Array(
    Type.Object({
      ...NamedPriceSchema.properties,
      id: Type.String(),
      before: Type.String(),
      changes: Type.Array(Type.String()),
    }),
  ),
  gone: Type.Array(Type.Object({ ...NamedPriceSchema.properties, id: Type.String() })),
  priced: Type.Array(Type.Object({ ...FieldSchema, as: Type.String() }), { description: 'Fields that make prices' }),
  notPriced: Type.Array(
    Type.Object({ ...FieldSchema, reason: Type.String(), known: Type.Boolean({ description: 'false: look at it' }) }),
    { description: 'Fields that do not, with the reason' },
  ),
  remarks: Type.Array(
    Type.Object({ remark: Type.String(), models: Type.Integer(), examples: Type.Array(Type.String()) }),
  ),
  skipped: Type.Array(Type.Object({ name: Type.String(), reason: Type.String() })),
});
export type ImportReport = Static<typeof ImportReportSchema>;
export const ImportsSchema = Type.Array(
  Type.Object({
    id: Type.Integer(),
    format: Type.String(),
    importedAt: TimeSchema,
    importedBy: PersonSchema,
    report: ImportReportSchema,
  }),
);

export const NewRateSchema = Type.Object(
  {
    from: CurrencySchema,
    to: CurrencySchema,
    day: Type.String({ maxLength: 30, description: 'The day whose rate it is', examples: ['2026-11-20'] }),
    rate: Type.String({ pattern: '^\\d{1,12}(\\.\\d{1,18})?$', description: 'How much of `to` one `from` is' }),
    source: Type.Optional(Name(200, 'Where the rate is from')),
  },
  strict,
);
export type NewRate = Static<typeof NewRateSchema>;
export const NewRatesSchema = Type.Object(
  { rates: Type.Array(NewRateSchema, { minItems: 1, maxItems: 20_000 }) },
  strict,
);
export const SavedRatesSchema = Type.Object({
  rates: Type.Integer({ description: 'Rates received' }),
  changed: Type.Integer({ description: 'New or different ones' }),
  days: Type.Optional(Type.Integer()),
  currencies: Type.Optional(Type.Array(Type.String())),
  refused: Type.Optional(Type.Array(Type.String(), { description: 'Cells without a rate: line and currency' })),
});
export const NewestRatesSchema = Type.Array(
  Type.Object({
    from: CurrencySchema,
    to: CurrencySchema,
    rate: DecimalSchema,
    day: DaySchema,
    source: Type.String(),
    days: Type.Integer({ description: 'Days for which there is a rate' }),
  }),
);
export const RatesQuerySchema = Type.Object(
  { from: CurrencySchema, to: CurrencySchema, firstDay: DaySchema, lastDay: DaySchema },
  strict,
);
export const RatesSchema = Type.Array(
  Type.Object({ day: DaySchema, rate: DecimalSchema, rateDay: DaySchema, source: Type.String() }),
);
export const ConvertQuerySchema = Type.Object(
  {
    amount: Type.String({ pattern: '^-?\\d{1,18}(\\.\\d{1,30})?$' }),
    from: CurrencySchema,
    to: CurrencySchema,
    day: DaySchema,
  },
  strict,
);
export const ConvertedSchema = Type.Object({
  amount: DecimalSchema,
  currency: CurrencySchema,
  rate: DecimalSchema,
  rateDay: DaySchema,
  rateSource: Type.String(),
});

export const SpanQuerySchema = Type.Object(
  {
    from: Type.String({ maxLength: 30, description: 'First day' }),
    to: Type.String({ maxLength: 30, description: 'Day after the last' }),
  },
  strict,
);

const BasisSchema = Type.Object({
  cost: DecimalSchema,
  perMillionTokens: Type.Union([DecimalSchema, Type.Null()]),
  perMillionOutputTokens: Type.Union([DecimalSchema, Type.Null()]),
  perRequest: Type.Union([DecimalSchema, Type.Null()]),
});
export const SelfHostedModelSchema = Type.Object({
  model: Type.String(),
  currency: CurrencySchema,
  gpuHours: DecimalSchema,
  rate: Type.Union([DecimalSchema, Type.Null()], { description: 'Per GPU-hour, as billed' }),
  inputTokens: Type.String(),
  cachedInputTokens: Type.String(),
  outputTokens: Type.String(),
  requests: Type.String(),
  utilisation: Type.Union([DecimalSchema, Type.Null()], {
    description: 'Share of the GPU-hours in use, 0 to 1; null where no GPU was measured',
  }),
  measuredGpuHours: DecimalSchema,
  allocated: Type.Union([BasisSchema, Type.Null()], { description: 'All GPU-hours that were held' }),
  used: Type.Union([BasisSchema, Type.Null()], { description: 'The GPU-hours in use; null where no GPU was measured' }),
  idleCost: Type.Union([DecimalSchema, Type.Null()], { description: 'allocated less used' }),
  formula: Type.String(),
  notes: Type.Array(Type.String()),
  workloads: Type.Array(Type.String(), { description: 'Workloads, namespaces and jobs behind it, at most 50' }),
});
export type SelfHostedModel = Static<typeof SelfHostedModelSchema>;
export const SelfHostedSchema = Type.Object({
  from: DaySchema,
  to: DaySchema,
  models: Type.Array(SelfHostedModelSchema),
  withoutModel: Type.Array(Type.Object({ currency: CurrencySchema, gpuHours: DecimalSchema, cost: DecimalSchema }), {
    description: 'GPU-hours that no model is known for; idle ones included',
  }),
});
export type SelfHosted = Static<typeof SelfHostedSchema>;

export const causes = ['missing-requests', 'failed-but-billed', 'cache', 'price-change', 'other'] as const;
const CauseSchema = Type.Object({
  cause: oneOf(causes, 'Why bill and estimate differ'),
  amount: DecimalSchema,
  text: Type.String(),
});
const ComparedSchema = {
  billed: DecimalSchema,
  estimated: DecimalSchema,
  difference: Type.String({ description: 'billed less estimated' }),
  percent: Type.Union([DecimalSchema, Type.Null()], { description: 'Of the bill; null where nothing was billed' }),
  causes: Type.Array(CauseSchema, { description: 'They add up to the difference exactly' }),
};
export const ReconciledSchema = Type.Object({
  day: DaySchema,
  provider: Type.String(),
  model: Type.String(),
  currency: CurrencySchema,
  ...ComparedSchema,
  evidence: oneOf(
    ['token-kinds', 'total-tokens', 'requests', 'amount', 'one-side'] as const,
    'What the bill tells beside its amount: the causes are as exact as that',
  ),
  lines: Type.Integer({ description: 'Lines of the bill' }),
  rate: Type.Optional(Type.String({ description: 'Exchange rate of the estimate into the currency of the bill' })),
});
export type Reconciled = Static<typeof ReconciledSchema>;
export const ReconciliationSchema = Type.Object({
  from: DaySchema,
  to: DaySchema,
  thresholdPercent: Type.String(),
  providers: Type.Array(
    Type.Object({
      provider: Type.String(),
      currency: CurrencySchema,
      ...ComparedSchema,
      days: Type.Integer({ description: 'Days with a bill' }),
      above: Type.Boolean({ description: 'The difference is above the threshold' }),
    }),
  ),
  findings: Type.Array(
    Type.Object({
      day: DaySchema,
      provider: Type.String(),
      model: Type.String(),
      text: Type.String(),
      amount: DecimalSchema,
    }),
    { description: 'Days and models whose difference is above the threshold, the largest first; at most 200' },
  ),
  rows: Type.Array(ReconciledSchema),
  waiting: Type.Array(
    Type.Object({ day: DaySchema, provider: Type.String(), estimated: DecimalSchema, currency: CurrencySchema }),
    { description: 'Days of a provider that have an estimate and no bill yet; they are in no total' },
  ),
  notCompared: Type.Array(
    Type.Object({ day: DaySchema, provider: Type.String(), model: Type.String(), reason: Type.String() }),
  ),
  method: Type.String(),
});
export type Reconciliation = Static<typeof ReconciliationSchema>;
