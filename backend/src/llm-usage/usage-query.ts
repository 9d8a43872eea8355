import { parseRange, type Span } from '../cost/index.ts';
import type { UsageQuery } from './contract.ts';
import { latencyHorizon } from './latency-sql.ts';
import { isUsageDimension, maxUsageDimensions, usageDimensionNames, type UsageDimension } from './usage-dimensions.ts';

export type Parsed<T> = { ok: true; query: T } | { ok: false; reason: string };

export interface UsageFilter {
  dim: UsageDimension;
  /** A row is kept where its value is one of these. */
  values: readonly string[];
}

/** A question about usage whose every part is known and allowed. */
export interface UsagePlan {
  dims: readonly UsageDimension[];
  range: Span;
  granularity: 'total' | 'day' | 'hour';
  filters: readonly UsageFilter[];
  currency?: string;
  limit: number;
  /** Whether quantiles of the latency are wanted; they make an answer dearer. */
  latency: boolean;
  /** Hours before tell no latencies (Unix milliseconds); those of the requests are read. */
  latencyFrom: number;
}

/** A question about usage as other rooms ask it. */
export interface UsageAsked {
  dims: readonly UsageDimension[];
  /** Widened to whole hours. */
  from: Date;
  to: Date;
  granularity: 'total' | 'day' | 'hour';
  filters?: readonly { dim: UsageDimension; values: readonly string[] }[];
  /** ISO 4217; where absent, the one of most requests. */
  currency?: string;
  /** Groups, the costliest first; the rest is one row `other`. At most 10,000; default 100. */
  limit?: number;
  /** Default false. */
  latency?: boolean;
}

const defaultLimit = 100;
const maxLimit = 10_000;
const maxFilterValues = 200;
const maxFilterLength = 8_000;
/** Longest span by the hour: three months make 2,232 points per line. */
const maxHours = 93 * 24;

/** Reads the parameters of GET /api/llm/usage. */
export function usagePlan(asked: UsageQuery, now: Date): Parsed<UsagePlan> {
  const range = parseRange(asked, now);
  if (!range.ok) return range;
  const filters = parseFilters(asked.filter);
  if (!filters.ok) return filters;
  const names = (asked.dims ?? '').split(',').map((name) => name.trim());
  return checked({
    dims: names.filter((name) => name !== '') as UsageDimension[],
    range: range.range,
    granularity: asked.granularity ?? 'total',
    filters: filters.query,
    ...(asked.currency === undefined ? {} : { currency: asked.currency.toUpperCase() }),
    limit: asked.limit ?? defaultLimit,
    latency: true,
    latencyFrom: latencyHorizon(now),
  });
}

/** Reads the question of another room. */
export function askedPlan(asked: UsageAsked, now: Date): Parsed<UsagePlan> {
  const range = parseRange({ from: asked.from.toISOString(), to: asked.to.toISOString() }, asked.to);
  if (!range.ok) return range;
  return checked({
    dims: asked.dims,
    range: range.range,
    granularity: asked.granularity,
    filters: asked.filters ?? [],
    ...(asked.currency === undefined ? {} : { currency: asked.currency.toUpperCase() }),
    limit: Math.min(asked.limit ?? defaultLimit, maxLimit),
    latency: asked.latency ?? false,
    latencyFrom: latencyHorizon(now),
  });
}

function checked(plan: UsagePlan): Parsed<UsagePlan> {
  const dims = [...new Set(plan.dims)];
  const known = `There are ${usageDimensionNames.join(', ')}.`;
  if (dims.length > maxUsageDimensions) return refuse(`At most ${maxUsageDimensions} dimensions can be combined.`);
  if (!dims.every(isUsageDimension)) return refuse(`A dimension does not exist. ${known}`);
  if (!plan.filters.every(({ dim }) => isUsageDimension(dim)))
    return refuse(`A filter names a dimension that does not exist. ${known}`);
  const reason = filterRefusal(plan.filters);
  if (reason !== undefined) return refuse(reason);
  if (plan.granularity === 'hour' && plan.range.to - plan.range.from > maxHours * 3_600_000)
    return refuse(
      `By the hour at most ${maxHours / 24} days can be shown; ask for granularity=day or a shorter range.`,
    );
  return { ok: true, query: { ...plan, dims } };
}

/**
 * Reads `filter=Team:search,ads`. A comma or backslash inside a value is written `\,` and `\\`; an empty value asks for rows
 * without one. Filters on one dimension widen each other, filters on several narrow.
 */
export function parseFilters(texts: string | string[] | undefined): Parsed<UsageFilter[]> {
  const byDimension = new Map<UsageDimension, string[]>();
  for (const text of texts === undefined ? [] : Array.isArray(texts) ? texts : [texts]) {
    const colon = text.indexOf(':');
    const name = text.slice(0, Math.max(colon, 0));
    if (colon < 0) return refuse('A filter is written `dimension:value,value`, e.g. filter=Team:search,ads.');
    if (!isUsageDimension(name))
      return refuse(`A filter names a dimension that does not exist. There are ${usageDimensionNames.join(', ')}.`);
    byDimension.set(name, [...(byDimension.get(name) ?? []), ...splitValues(text.slice(colon + 1))]);
  }
  const filters = [...byDimension].map(([dim, values]) => ({ dim, values: [...new Set(values)] }));
  const reason = filterRefusal(filters);
  return reason === undefined ? { ok: true, query: filters } : refuse(reason);
}

/** Filters travel in the address of the request to the warehouse, which also cannot be asked for a NUL. */
function filterRefusal(filters: readonly UsageFilter[]): string | undefined {
  if (filters.some(({ values }) => values.length > maxFilterValues))
    return `A filter has more than ${maxFilterValues} values; name fewer.`;
  if (filters.some(({ values }) => values.some((value) => value.includes('\0'))))
    return 'A value holds a NUL character; leave it out.';
  return encodeURIComponent(JSON.stringify(filters)).length > maxFilterLength
    ? 'The filters are too long to be asked for at once; name fewer values.'
    : undefined;
}

function splitValues(text: string): string[] {
  const values = [''];
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === ',') values.push('');
    else values.push(values.pop()! + (character === '\\' ? (text[++index] ?? '') : character));
  }
  return values;
}

function refuse(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
