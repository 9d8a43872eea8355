import Type, { type Static } from 'typebox';
import { CurrencySchema, DaySchema, DecimalSchema, oneOf, strict } from './contract-fields.ts';

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
