import { Exact, plain } from './exact.ts';
import type { PriceComponent, PriceEntry } from './price-entry.ts';

/** What one of a provider's own units of account costs, in the currency of the entry; absent: not agreed. */
export type CreditPrice = (credit: string) => { price: string; priceId: string } | undefined;

/** Components in money. Those in the provider's credits count where the credit has a price; else the list's own money does. */
export function settleCredits(
  entry: PriceEntry,
  creditPrice: CreditPrice | undefined,
): { components: readonly PriceComponent[]; notes: string[] } {
  const credits = [...new Set(entry.components.flatMap(({ inCredits }) => inCredits ?? []))];
  if (credits.length === 0) return { components: entry.components, notes: [] };
  const notes: string[] = [];
  const settled: PriceComponent[] = [];
  const replaced = new Set<string>();
  for (const component of entry.components) {
    const price = component.inCredits === undefined ? undefined : creditPrice?.(component.inCredits);
    if (component.inCredits === undefined || price === undefined) continue;
    replaced.add(component.meter);
    notes.push(`1 ${component.inCredits} = ${price.price} ${entry.currency} (price ${price.priceId})`);
    const { inCredits: _credits, ...inMoney } = component;
    settled.push({ ...inMoney, price: plain(new Exact(component.price).times(price.price)) });
  }
  const money = entry.components.filter(
    (component) => component.inCredits === undefined && !replaced.has(component.meter),
  );
  return { components: [...money, ...settled], notes };
}
