import Type, { type Static } from 'typebox';
import { RevenueLineSchema } from '../platform/config/index.ts';

const strict = { additionalProperties: false } as const;

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
      provisioned: Type.Boolean({ description: 'True: it stands in the configuration and is changed there' }),
    }),
  ),
  problems: Type.Array(Type.String(), {
    description: 'Why the files of `revenue.folder` do not count as they stand; what stood before does',
  }),
});

export const RevenuePeriodSchema = Type.Object(
  {
    from: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
    to: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Last day, included' }),
  },
  strict,
);
