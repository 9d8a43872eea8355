import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;

export const RevenueLineSchema = Type.Object(
  {
    customer: Type.String({ maxLength: 200 }),
    month: Type.Optional(Type.String({ maxLength: 10, description: '2026-11; instead of from and to' })),
    from: Type.Optional(Type.String({ maxLength: 10, description: 'First day, 2026-11-01' })),
    to: Type.Optional(Type.String({ maxLength: 10, description: 'Last day, included' })),
    amount: Type.String({ maxLength: 60, examples: ['1200.00'] }),
    currency: Type.String({ maxLength: 10, examples: ['USD'] }),
  },
  strict,
);
export type RevenueLine = Static<typeof RevenueLineSchema>;

export const RevenueBodySchema = Type.Object(
  { lines: Type.Array(RevenueLineSchema, { minItems: 1, maxItems: 100_000 }) },
  strict,
);

export const RevenueAnswerSchema = Type.Object({
  kept: Type.Integer({ description: 'Lines' }),
  periods: Type.Array(Type.String(), { description: 'Each stands now as this file has it' }),
  unchanged: Type.Boolean({ description: 'True: all of it stood so before' }),
});
export type RevenueAnswer = Static<typeof RevenueAnswerSchema>;

export const RevenuePeriodsSchema = Type.Object({
  periods: Type.Array(
    Type.Object({
      from: Type.String(),
      to: Type.String({ description: 'Last day, included' }),
      customers: Type.Integer(),
      totals: Type.Record(Type.String(), Type.String(), { description: 'Currency to amount' }),
      importedBy: Type.String(),
      importedAt: Type.String(),
    }),
  ),
});

export const RevenuePeriodSchema = Type.Object(
  {
    from: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
    to: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Last day, included' }),
  },
  strict,
);
