import Type, { type Static } from 'typebox';
import { CurrencySchema, DaySchema, DecimalSchema, Name, strict } from './contract-fields.ts';

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
