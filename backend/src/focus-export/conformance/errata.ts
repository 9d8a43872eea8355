import type { Check } from './check.ts';
import type { Rule } from './rule-model.ts';

/** A rule whose runnable form says something else than its sentence. The sentence is the standard and is what is checked. */
export interface Erratum {
  /** What is wrong with the runnable form. */
  reason: string;
  requirement?: Check;
  condition?: Check;
  /** Set where the sentence depends on something that no column tells. */
  notCheckable?: true;
}

const isNull = (column: string): Check => ({ kind: 'value', column, value: null });
const notNull = (column: string): Check => ({ kind: 'notValue', column, value: null });
const is = (column: string, value: string): Check => ({ kind: 'value', column, value });
const not = (column: string, value: string): Check => ({ kind: 'notValue', column, value });
const decimal = (column: string): Check => ({ kind: 'format', column, format: 'numeric' });
const bothInvoiceRules =
  'Its form has no condition, and with the other rule on InvoiceId it demands that the column is null and is not; whether a charge is on an invoice is not in the data.';

/** Of the model of FOCUS 1.2. */
const errata: Readonly<Record<string, Erratum>> = {
  'BilledCost-C-005-C': {
    reason:
      'The form takes every provider that is not spelled as its invoice issuer for a third party; that a third party received the payment is not in the data.',
    notCheckable: true,
  },
  'EffectiveCost-C-005-C': {
    reason:
      'The form speaks of every purchase, the sentence of those that cover future charges: the purchases of a commitment.',
    condition: { kind: 'all', items: [is('ChargeCategory', 'Purchase'), notNull('CommitmentDiscountId')] },
  },
  'CommitmentDiscountStatus-C-003-C': {
    reason: 'The form demands a value where the sentence demands null.',
    requirement: isNull('CommitmentDiscountStatus'),
  },
  'CommitmentDiscountStatus-C-004-C': {
    reason: 'The condition is the opposite of the sentence and lacks the charge category.',
    condition: { kind: 'all', items: [notNull('CommitmentDiscountId'), is('ChargeCategory', 'Usage')] },
  },
  'CommitmentDiscountStatus-C-005-M': {
    reason:
      'The form lists Active, Expired and Pending; the other rules of the model and the standard say Used, Unused.',
    requirement: {
      kind: 'any',
      items: [is('CommitmentDiscountStatus', 'Used'), is('CommitmentDiscountStatus', 'Unused')],
    },
  },
  'CommitmentDiscountQuantity-C-007-C': {
    reason: 'The form also demands null of corrections, where the rule before allows either.',
    condition: {
      kind: 'any',
      items: [
        { kind: 'all', items: [not('ChargeCategory', 'Usage'), not('ChargeCategory', 'Purchase')] },
        isNull('CommitmentDiscountId'),
      ],
    },
  },
  'ConsumedQuantity-C-006-C': {
    reason: 'The condition is the opposite of the sentence.',
    condition: not('ChargeClass', 'Correction'),
  },
  'CapacityReservationStatus-C-003-C': { reason: 'The condition lacks the name of its function; it is read as AND.' },
  'CapacityReservationStatus-C-004-C': { reason: 'The condition lacks the name of its function; it is read as AND.' },
  'ResourceType-C-005-C': { reason: 'The condition names its column CheckCondition; it is read as the column.' },
  'InvoiceId-C-004-C': { reason: bothInvoiceRules, notCheckable: true },
  'InvoiceId-C-005-C': { reason: bothInvoiceRules, notCheckable: true },
  'PricingQuantity-C-008-M': {
    reason: 'The form demands a value; the sentence, that a value is a decimal.',
    requirement: decimal('PricingQuantity'),
  },
  'PricingCurrencyEffectiveCost-C-004-M': {
    reason: 'The form looks at another column than the sentence, and for its sign.',
    requirement: decimal('PricingCurrencyEffectiveCost'),
  },
  'Tags-C-003-C': { reason: 'The condition is the opposite of the sentence.', condition: notNull('Tags') },
  'CommitmentDiscountQuantity-C-010-C': {
    reason: 'The condition lacks the charge category of the sentence.',
    condition: is('ChargeCategory', 'Purchase'),
  },
  'ResourceName-C-005-C': {
    reason: 'The condition is the opposite of the sentence; whether a resource has a display name is not in the data.',
    notCheckable: true,
  },
};

/** What is to be read otherwise in a rule, or undefined. */
export function erratumOf({ id }: Rule): Erratum | undefined {
  return Object.hasOwn(errata, id) ? errata[id] : undefined;
}
