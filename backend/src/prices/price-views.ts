import { holdsAt } from './agreement.ts';
import type { Price, PriceDetail } from './contract.ts';
import { Exact, plain } from './exact.ts';
import { countsTokens, meters, type Meter } from './meter.ts';
import type { PriceComponent, PriceEntry } from './price-entry.ts';
import { always, type KeptPrice } from './price-repository.ts';

/** A version as pages and programs see it. */
export function priceView(entry: PriceEntry, at: Date): Price {
  const { id, kind, provider, item, region, purchase, unit, currency, source, sourceKey, note } = entry;
  return {
    ...{ id, kind, provider, item, region, purchase, unit, currency, source, sourceKey, note },
    ...(entry.unitPrice === undefined ? {} : { unitPrice: entry.unitPrice }),
    components: entry.components.map((component) => structuredClone(component)),
    summary: summaryOf(entry),
    from: entry.validFrom === always ? null : entry.validFrom,
    to: entry.validTo,
    shared: entry.tenant === '',
    inEffect: holdsAt(entry, at.getTime()),
  };
}

export function priceDetail(kept: KeptPrice, history: readonly PriceEntry[], at: Date): PriceDetail {
  const { createdAt, createdBy, closedAt, closedBy, closeReason, supersedes } = kept;
  return {
    ...priceView(kept, at),
    ...{ createdAt, createdBy, closedAt, closedBy, closeReason, supersedes },
    history: history.map((entry) => priceView(entry, at)),
  };
}

const short: Readonly<Partial<Record<Meter, string>>> = {
  input: 'in',
  cached_input: 'cached',
  cache_write_5m: 'cache write',
  output: 'out',
  reasoning: 'reasoning',
};

/** `2 in, 0.5 cached, 8 out USD per million tokens; 3 more` */
export function summaryOf(
  entry: Pick<PriceEntry, 'components' | 'currency'> & { unitPrice?: string; unit?: string },
): string {
  if (entry.unitPrice !== undefined) return `${entry.unitPrice} ${entry.currency} per ${entry.unit ?? 'unit'}`;
  const base = entry.components.filter((component) => component.when === undefined && component.meter !== 'factor');
  const tokens = base.filter(({ meter }) => short[meter as Meter] !== undefined);
  const shown = tokens.length > 0 ? tokens : base.slice(0, 2);
  const text =
    tokens.length > 0
      ? `${tokens.map(({ meter, price }) => `${perMillion(price)} ${short[meter as Meter]}`).join(', ')} ${entry.currency} per million tokens`
      : shown.map((component) => other(component, entry.currency)).join(', ');
  const more = entry.components.length - shown.length;
  return [text, more > 0 ? `${more} more` : ''].filter(Boolean).join('; ');
}

function perMillion(price: string): string {
  return plain(new Exact(price).times(1_000_000));
}

function other({ meter, price }: PriceComponent, currency: string): string {
  if (meter === 'factor') return `× ${price}`;
  return countsTokens(meter)
    ? `${perMillion(price)} ${currency} per million ${meters[meter]} tokens`
    : `${price} ${currency} for one of ${meters[meter]}`;
}
