import Type, { type Static } from 'typebox';
import { keptRegions } from './view-settings.ts';

const strict = { additionalProperties: false } as const;

/** What a report shows. */
export const ReportDefinitionSchema = Type.Object(
  {
    levels: Type.Array(Type.String({ maxLength: 64 }), {
      minItems: 1,
      maxItems: 4,
      description: 'Dimensions from the outermost level inwards, e.g. x_Team, x_Product',
      examples: [['x_Team', 'x_Product']],
    }),
    period: Type.Union(
      [
        Type.Object(
          {
            range: Type.String({
              maxLength: 20,
              description: 'lastMonth, month (up to the end of today), or the last days with today, e.g. 30d',
              examples: ['lastMonth'],
            }),
          },
          strict,
        ),
        Type.Object({ month: Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])$', examples: ['2026-10'] }) }, strict),
        Type.Object(
          {
            firstDay: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
            lastDay: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Included' }),
          },
          strict,
        ),
      ],
      { description: 'Whole days of the time zone' },
    ),
    timeZone: Type.Optional(
      Type.String({ maxLength: 64, default: 'UTC', description: 'IANA name', examples: ['Asia/Seoul'] }),
    ),
    currency: Type.Optional(
      Type.String({
        pattern: '^[A-Z]{3}$',
        description:
          'Every bill is converted to it by the rate of its day; where absent, the currency of most lines alone',
        examples: ['KRW'],
      }),
    ),
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
    filters: Type.Optional(
      Type.Array(
        Type.Object(
          {
            dim: Type.String({ maxLength: 64 }),
            values: Type.Array(Type.String({ maxLength: 500 }), { minItems: 1, maxItems: 200 }),
          },
          strict,
        ),
        { maxItems: 13, default: [] },
      ),
    ),
    sharedCosts: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Split shared costs by the rules of the tenant; the outermost level must be team, product or customer',
      }),
    ),
  },
  strict,
);
/** A report that is kept in the configuration file, with the times at which it is sent. */
export const ShowbackReportSettingsSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 120 }),
    definition: ReportDefinitionSchema,
    regions: keptRegions,
    schedules: Type.Optional(
      Type.Array(
        Type.Object(
          {
            cron: Type.String({
              maxLength: 100,
              description: 'Minute hour day month weekday',
              examples: ['0 9 1 * *'],
            }),
            timeZone: Type.Optional(Type.String({ maxLength: 64 })),
            format: Type.Union([Type.Literal('csv'), Type.Literal('xlsx'), Type.Literal('pdf')]),
            lang: Type.Optional(Type.Union([Type.Literal('en'), Type.Literal('ko')])),
            channels: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 20 }),
          },
          strict,
        ),
        { maxItems: 20 },
      ),
    ),
  },
  strict,
);
export type ShowbackReportSettings = Static<typeof ShowbackReportSettingsSchema>;
