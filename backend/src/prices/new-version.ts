import { AppError } from '../platform/errors/index.ts';
import type { NewPrice } from './contract.ts';
import { always, type NewVersion } from './price-repository.ts';
import type { PriceComponent, PriceEntry, PriceKind } from './price-entry.ts';
import { providerKey } from './provider-name.ts';

const usualUnits: Readonly<Record<Exclude<PriceKind, 'llm' | 'credit'>, string>> = {
  gpu: 'GPU-Hours',
  node: 'Hours',
  storage: 'GB-Months',
  cpu: 'Core-Hours',
  memory: 'GB-Hours',
};

/**
 * What a person or a file wrote as a version of the book. Absent beginnings are `always`.
 * @throws AppError VALIDATION_FAILED with what is wrong and where
 */
export function newVersion(
  written: NewPrice,
  owner: { tenant: string; source: PriceEntry['source']; sourceKey?: string },
): NewVersion {
  const { kind, item, currency, components = [], unitPrice } = written;
  const from = written.from === undefined ? always : instantOf(written.from, 'from');
  const to = written.to === undefined ? null : instantOf(written.to, 'to');
  if (to !== null && to <= from) throw wrong('to', 'must be later than `from`');
  if (kind === 'llm') checkComponents(components);
  else if (unitPrice === undefined) throw wrong('unitPrice', `is needed for the price of a ${kind}`);
  else if (components.length > 0) throw wrong('components', 'belong to language models only');
  if (kind === 'llm' && unitPrice !== undefined) throw wrong('unitPrice', 'is not for language models: use components');
  const usual = kind === 'llm' ? 'usage' : kind === 'credit' ? item : usualUnits[kind];
  return {
    tenant: owner.tenant,
    kind,
    provider: providerKey(written.provider ?? '', kind),
    item: item.trim(),
    region: (written.region ?? '').trim(),
    purchase: kind === 'llm' || kind === 'credit' ? '' : (written.purchase ?? 'on-demand'),
    unit: kind === 'llm' ? 'usage' : (written.unit ?? usual),
    currency,
    ...(unitPrice === undefined ? {} : { unitPrice }),
    components: components,
    validFrom: from,
    validTo: to,
    source: owner.source,
    sourceKey: owner.sourceKey ?? '',
    note: written.note ?? '',
  };
}

function checkComponents(components: readonly PriceComponent[]): void {
  if (!components.some(({ meter }) => meter !== 'factor'))
    throw wrong('components', 'must hold at least one meter with its price');
  const seen = new Set<string>();
  components.forEach((component, index) => {
    const name = componentKey(component);
    if (seen.has(name)) throw wrong(`components/${index}`, `repeats ${component.meter} under the same conditions`);
    seen.add(name);
  });
}

/** Equal for two components that price the same thing under the same conditions. */
export function componentKey({ meter, when = {}, inCredits }: PriceComponent): string {
  const options = Object.entries(when.options ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    meter,
    when.tier ?? '',
    when.promptAbove ?? '',
    when.resultsAbove ?? '',
    when.intervalAbove ?? '',
    options,
    inCredits ?? '',
  ]);
}

/**
 * A day (its first moment in UTC) or an instant as ISO 8601 in UTC.
 * @throws AppError VALIDATION_FAILED
 */
export function instantOf(text: string, field: string): string {
  const shape = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;
  const at = shape.test(text) ? new Date(text.length === 10 ? `${text}T00:00:00Z` : text) : new Date(Number.NaN);
  if (Number.isNaN(at.getTime())) throw wrong(field, 'must be a day (2026-11-20) or an instant (2026-11-20T00:00:00Z)');
  return at.toISOString();
}

function wrong(field: string, message: string): AppError {
  return new AppError('VALIDATION_FAILED', `Correct: /${field} ${message}.`, {
    extra: { errors: [{ path: `/${field}`, message }] },
  });
}
