import type { NewPrice, PriceDetail, Supersede } from '@amadeus/backend/prices/contract.ts';

/** What a person types. Token prices are per million tokens, as providers list them. */
export interface PriceDraft {
  kind: NewPrice['kind'];
  provider: string;
  item: string;
  currency: string;
  /** Hardware: price of one unit. */
  unitPrice: string;
  unit: string;
  /** Language models, per million tokens. */
  input: string;
  cached: string;
  output: string;
  from: string;
  note: string;
  reason: string;
}

export type PriceProblems = Partial<Record<'item' | 'currency' | 'amount' | 'from' | 'reason', true>>;

const decimal = /^\d{1,12}(\.\d{1,20})?$/;
const meters = { input: 'input', cached: 'cached_input', output: 'output' } as const;
const unitOf: Partial<Record<NewPrice['kind'], string>> = {
  gpu: 'GPU-Hours',
  node: 'Hours',
  cpu: 'CPU-Hours',
  memory: 'GB-Hours',
  storage: 'GB-Months',
};

export function priceDraft(of: PriceDetail | undefined): PriceDraft {
  const perMillion = (meter: string): string => {
    const price = of?.components.find((part) => part.meter === meter && part.when === undefined)?.price;
    return price === undefined ? '' : shifted(price, 6);
  };
  return {
    kind: of?.kind ?? 'llm',
    provider: of?.provider ?? '',
    item: of?.item ?? '',
    currency: of?.currency ?? 'USD',
    unitPrice: of?.unitPrice ?? '',
    unit: of?.unit ?? '',
    input: perMillion(meters.input),
    cached: perMillion(meters.cached),
    output: perMillion(meters.output),
    from: '',
    note: '',
    reason: '',
  };
}

export function priceProblems(draft: PriceDraft, superseding: boolean): PriceProblems {
  const amounts =
    draft.kind === 'llm'
      ? [draft.input, draft.output, ...(draft.cached === '' ? [] : [draft.cached])]
      : [draft.unitPrice];
  return {
    ...(draft.item.trim() === '' ? { item: true } : {}),
    ...(/^[A-Z]{3}$/.test(draft.currency) ? {} : { currency: true }),
    ...(amounts.every((amount) => decimal.test(amount.trim())) ? {} : { amount: true }),
    ...(draft.from === '' || /^\d{4}-\d{2}-\d{2}$/.test(draft.from) ? {} : { from: true }),
    ...(superseding && draft.reason.trim() === '' ? { reason: true } : {}),
  };
}

/** The draft as the service takes it. Parts of `of` that the form does not show (tiers, images) stay as they are. */
export function newPrice(draft: PriceDraft, of: PriceDetail | undefined): NewPrice {
  const { kind, provider, item, currency, unitPrice, unit, from, note } = draft;
  return {
    kind,
    ...(provider.trim() === '' ? {} : { provider: provider.trim() }),
    item: item.trim(),
    currency,
    ...(kind === 'llm'
      ? { components: componentsOf(draft, of) }
      : { unitPrice: unitPrice.trim(), unit: unit.trim() || (unitOf[kind] ?? 'Units') }),
    ...(from === '' ? {} : { from }),
    ...(note.trim() === '' ? {} : { note: note.trim() }),
  };
}

export function superseded(draft: PriceDraft, of: PriceDetail): Supersede {
  const { components, unitPrice, unit, currency, from, note } = newPrice(draft, of);
  return {
    currency,
    ...(components === undefined ? {} : { components }),
    ...(unitPrice === undefined ? {} : { unitPrice }),
    ...(unit === undefined ? {} : { unit }),
    ...(from === undefined ? {} : { from }),
    ...(note === undefined ? {} : { note }),
    reason: draft.reason.trim(),
  };
}

function componentsOf(draft: PriceDraft, of: PriceDetail | undefined): NonNullable<NewPrice['components']> {
  const shown = new Set<string>(Object.values(meters));
  const kept = (of?.components ?? []).filter(({ meter, when }) => when !== undefined || !shown.has(meter));
  const own = (['input', 'cached', 'output'] as const).flatMap((name) =>
    draft[name].trim() === '' ? [] : [{ meter: meters[name], price: shifted(draft[name].trim(), -6) }],
  );
  return [...own, ...kept];
}

/** An exact decimal with its point moved: per token to per million, and back. */
export function shifted(amount: string, places: number): string {
  const [whole = '', fraction = ''] = amount.split('.');
  const padded =
    places >= 0
      ? { digits: whole + fraction.padEnd(places, '0'), point: whole.length + places }
      : { digits: whole.padStart(-places + 1, '0') + fraction, point: Math.max(whole.length, -places + 1) + places };
  const left = padded.digits.slice(0, padded.point).replace(/^0+(?=\d)/, '');
  const right = padded.digits.slice(padded.point).replace(/0+$/, '');
  return right === '' ? left : `${left}.${right}`;
}
