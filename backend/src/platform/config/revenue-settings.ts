import Type from 'typebox';

const strict = { additionalProperties: false } as const;

/** What one customer paid for a period, in YAML, in JSON and in CSV alike. */
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

/** What customers paid, kept in the configuration. */
export const RevenueSettingsSchema = Type.Object(
  {
    folder: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Folder of CSV files with the header customer,month,amount,currency or customer,from,to,amount,currency; read at the start and every five minutes',
        examples: ['/etc/amadeus/revenue'],
      }),
    ),
    lines: Type.Array(RevenueLineSchema, {
      default: [],
      maxItems: 10_000,
      description: 'Beside the folder, or instead',
    }),
  },
  { ...strict, default: {} },
);
