import Type, { type Static } from 'typebox';

const Amount = Type.String({ description: 'Exact decimal' });
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export const OverviewSchema = Type.Object({
  sentence: Type.Object({ en: Type.String(), ko: Type.String() }),
  spend: Type.Object({
    currency: Type.String(),
    month: Amount,
    previousMonth: Amount,
    previousToDate: Amount,
    forecastMonth: Nullable(Amount),
    daily: Type.Array(Type.Object({ day: Type.String(), cost: Amount })),
  }),
  traffic: Type.Object({
    nextPeak: Nullable(
      Type.Object({
        at: Type.String(),
        requestsPerMinute: Type.Number(),
        lower: Type.Number(),
        upper: Type.Number(),
        workload: Type.String(),
      }),
    ),
    accuracy: Nullable(Type.Object({ mape10: Nullable(Type.Number()), coverage: Nullable(Type.Number()) })),
  }),
  changes: Type.Object({ pending: Type.Integer() }),
  sources: Type.Array(
    Type.Object({
      source: Type.String(),
      kind: Type.String(),
      lastAt: Nullable(Type.String()),
      rows: Type.Integer(),
      quarantined: Type.Integer(),
      state: Type.Union([Type.Literal('fresh'), Type.Literal('stale'), Type.Literal('empty')]),
    }),
  ),
  estate: Type.Boolean({ description: 'What is shown comes from the generated estate' }),
  notices: Type.Array(Type.Object({ severity: Type.String(), text: Type.String() })),
});
export type Overview = Static<typeof OverviewSchema>;
