import Type from 'typebox';

const strict = { additionalProperties: false } as const;

/** Entries have the fields of the API (docs/prices.md); the price book checks them when the service starts. */
const Entries = (description: string) =>
  Type.Array(Type.Record(Type.String(), Type.Unknown()), { default: [], maxItems: 20_000, description });

export const PriceSettingsSchema = Type.Object(
  {
    file: Type.Optional(
      Type.String({ description: 'YAML file with further entries, discounts, commitments, rates and deployments' }),
    ),
    entries: Entries('Prices for all tenants, as in POST /api/prices'),
    discounts: Entries('Discounts for all tenants, as in POST /api/prices/discounts'),
    commitments: Entries('Commitments for all tenants, as in POST /api/prices/commitments'),
    rates: Entries('Exchange rates: from, to, day, rate, source'),
    deployments: Entries('Which model a workload, namespace or job serves: match, model'),
    alertPercent: Type.Number({
      exclusiveMinimum: 0,
      maximum: 100,
      default: 1,
      description: 'Difference between bill and estimate, in per cent of the bill, above which people are told',
    }),
    alertCooldownHours: Type.Integer({
      minimum: 1,
      maximum: 720,
      default: 24,
      description: 'Hours before people are told again of a difference that stays',
    }),
  },
  { ...strict, default: {} },
);
