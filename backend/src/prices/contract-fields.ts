import Type from 'typebox';
import { type PriceKind, priceKinds } from './price-entry.ts';

export const strict = { additionalProperties: false } as const;
/** Text that people write: anything but control characters other than line breaks and tabs. */
export const Text = (maxLength: number, description: string) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$', description });
export const Name = (maxLength: number, description: string) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u001f]*$', description });
export const AmountSchema = Type.String({
  pattern: '^\\d{1,18}(\\.\\d{1,30})?$',
  description: 'Exact decimal, not negative',
  examples: ['0.000002'],
});
export const DecimalSchema = Type.String({ description: 'Exact decimal', examples: ['12.34'] });
export const TimeSchema = Type.String({ format: 'date-time', description: 'ISO 8601, UTC' });
export const DaySchema = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', examples: ['2026-11-20'] });
export const CurrencySchema = Type.String({ pattern: '^[A-Z]{3}$', examples: ['USD'] });
export const oneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], description });
export const KindSchema = oneOf<PriceKind>(priceKinds, 'What is priced');
export const PersonSchema = Type.Object({ id: Type.String(), name: Type.String() });
