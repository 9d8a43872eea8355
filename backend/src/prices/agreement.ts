import type { Commitment, Discount, PriceKind } from './price-entry.ts';
import { itemKey } from './model-name.ts';

/** What an agreement is looked up by. */
export interface AgreementQuery {
  kind: PriceKind;
  provider: string;
  item: string;
  /** Milliseconds since the epoch. */
  at: number;
}

interface Span {
  validFrom: string;
  validTo: string | null;
}

type Agreement = Span & { id: string; tenant: string; kind: PriceKind; provider: string; item: string };

/** Whether an instant lies in [validFrom, validTo). */
export function holdsAt(span: Span, at: number): boolean {
  return Date.parse(span.validFrom) <= at && (span.validTo === null || at < Date.parse(span.validTo));
}

/**
 * The discount that counts: the most exact one (item, then beginning of an item, then provider), the tenant's own before a
 * shared one, then the later agreed. Discounts are never added up.
 */
export function discountFor(discounts: readonly Discount[], query: AgreementQuery): Discount | undefined {
  return best(discounts, query);
}

/** The committed throughput that serves a call. */
export function throughputFor(commitments: readonly Commitment[], query: AgreementQuery): Commitment | undefined {
  return best(
    commitments.filter((commitment) => commitment.type === 'throughput'),
    query,
  );
}

function best<T extends Agreement>(agreements: readonly T[], query: AgreementQuery): T | undefined {
  return agreements
    .filter((agreement) => covers(agreement, query) && holdsAt(agreement, query.at))
    .sort(
      (a, b) =>
        exactness(b) - exactness(a) ||
        Number(b.tenant !== '') - Number(a.tenant !== '') ||
        Date.parse(b.validFrom) - Date.parse(a.validFrom) ||
        Number(b.id.slice(1)) - Number(a.id.slice(1)),
    )[0];
}

/** Whether an agreement is about a provider's item. */
export function covers(
  agreement: Pick<Agreement, 'kind' | 'provider' | 'item'>,
  query: Pick<AgreementQuery, 'kind' | 'provider' | 'item'>,
): boolean {
  const wanted = itemKey(agreement.item);
  const item = itemKey(query.item);
  return (
    agreement.kind === query.kind &&
    (agreement.provider === '' || agreement.provider === query.provider) &&
    (wanted === '' || wanted === item || (wanted.endsWith('*') && item.startsWith(wanted.slice(0, -1))))
  );
}

function exactness({ provider, item }: Agreement): number {
  const byItem = item === '' ? 0 : item.endsWith('*') ? 1_000 + item.length : 10_000;
  return byItem + (provider === '' ? 0 : 1);
}
