import { Exact, plain } from './exact.ts';

/** How much was used: a whole number as a number, which is fast for the many calls, anything else as a decimal. */
export type Quantity = number | Exact;

const wholeNumber = /^\d{1,15}$/;

/** @throws Error for what is no number */
export function quantityOf(value: string | number): Quantity {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : new Exact(value);
  return wholeNumber.test(value) ? Number(value) : new Exact(value);
}

export function added(a: Quantity, b: Quantity): Quantity {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a + b)) return a + b;
  return new Exact(a).plus(b);
}

export function isNothing(quantity: Quantity): boolean {
  return typeof quantity === 'number' ? quantity === 0 : quantity.isZero();
}

export function quantityText(quantity: Quantity): string {
  return typeof quantity === 'number' ? String(quantity) : plain(quantity);
}
