import { componentKey } from './new-version.ts';
import { Exact } from './exact.ts';
import { meters } from './meter.ts';
import { samePrice, versionKey } from './price-file.ts';
import type { PriceComponent, PriceEntry } from './price-entry.ts';
import type { NewVersion } from './price-repository.ts';

export interface PriceDiff {
  added: NewVersion[];
  changed: { before: PriceEntry; after: NewVersion }[];
  unchanged: number;
  /** In the book from the same kind of file, and not in this one. */
  gone: PriceEntry[];
  /** Prices of the file behind one that people wrote. */
  hidden: number;
}

/**
 * What a file would change in a tenant's own book. Compared are the open prices of the same source; of Portkey's only those of
 * the providers that the file is about.
 */
export function diffPrices(book: readonly PriceEntry[], file: readonly NewVersion[]): PriceDiff {
  const source = file[0]?.source;
  const providers = new Set(file.map(({ provider }) => provider));
  const open = new Map<string, PriceEntry>();
  const written = new Set<string>();
  for (const entry of book) {
    if (entry.validTo !== null) continue;
    if (entry.source === source) open.set(versionKey(entry), entry);
    if (entry.source === 'manual' || entry.source === 'yaml') written.add(versionKey(entry));
  }
  const diff: PriceDiff = { added: [], changed: [], unchanged: 0, gone: [], hidden: 0 };
  for (const version of file) {
    const key = versionKey(version);
    const before = open.get(key);
    open.delete(key);
    if (written.has(key)) diff.hidden += 1;
    if (!before) diff.added.push(version);
    else if (samePrice(before, version)) diff.unchanged += 1;
    else diff.changed.push({ before, after: version });
  }
  diff.gone = [...open.values()].filter(({ provider }) => source !== 'portkey' || providers.has(provider));
  return diff;
}

/** `input 0.000003 → 0.000002`, one line for each component that differs. */
export function componentChanges(before: readonly PriceComponent[], after: readonly PriceComponent[]): string[] {
  const old = new Map(before.map((component) => [componentKey(component), component]));
  const changes: string[] = [];
  for (const component of after) {
    const was = old.get(componentKey(component));
    old.delete(componentKey(component));
    if (!was) changes.push(`${nameOf(component)} new: ${component.price}`);
    else if (!new Exact(was.price).equals(component.price))
      changes.push(`${nameOf(component)} ${was.price} → ${component.price}`);
  }
  return [...changes, ...[...old.values()].map((component) => `${nameOf(component)} gone: ${component.price}`)];
}

function nameOf({ meter, when = {} }: PriceComponent): string {
  const conditions = [
    when.tier,
    when.promptAbove === undefined ? undefined : `above ${when.promptAbove} tokens`,
    when.resultsAbove === undefined ? undefined : `from ${when.resultsAbove} results`,
    when.intervalAbove === undefined ? undefined : `above ${when.intervalAbove} s`,
    ...Object.entries(when.options ?? {}).map(([name, value]) => `${name} ${value}`),
  ].filter((condition) => condition !== undefined);
  const meterName = meter === 'factor' ? 'factor' : meters[meter];
  return conditions.length === 0 ? meterName : `${meterName} (${conditions.join(', ')})`;
}
