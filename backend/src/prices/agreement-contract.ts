import Type, { type Static } from 'typebox';
import {
  AmountSchema,
  CurrencySchema,
  DecimalSchema,
  KindSchema,
  Name,
  oneOf,
  strict,
  Text,
  TimeSchema,
} from './contract-fields.ts';

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
