import { routeDimensionNames, type RouteDimension } from './contract.ts';

export interface RouteFilter {
  dim: RouteDimension;
  values: readonly string[];
}

/** A question about calls through the gateway. Times are Unix milliseconds. */
export interface RoutePlan {
  from: number;
  to: number;
  dims: readonly RouteDimension[];
  filters: readonly RouteFilter[];
  /** Seconds of a bucket; absent: the whole span as one. */
  stepSeconds?: number;
  /** Groups with most tries that are shown on their own. */
  limit: number;
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string };

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Up to this span the facts themselves are read, beyond it their sums by the hour. */
const factsSpanMs = 6 * hourMs;
const longestMs = 400 * dayMs;
const mostDims = 3;
const mostBuckets = 2_000;
const mostValues = 200;

const known = `There are ${routeDimensionNames.join(', ')}.`;

export function isRouteDimension(name: string): name is RouteDimension {
  return (routeDimensionNames as readonly string[]).includes(name);
}

/** @returns the span; the last day where nothing is asked for */
export function spanOf(asked: { from?: string; to?: string }, now: Date): Parsed<{ from: number; to: number }> {
  const to = asked.to === undefined ? now.getTime() : Date.parse(asked.to);
  const from = asked.from === undefined ? to - dayMs : Date.parse(asked.from);
  if (!(to > from)) return { ok: false, reason: '`to` must lie after `from`.' };
  if (to - from > longestMs)
    return { ok: false, reason: `At most ${longestMs / dayMs} days can be asked for at once.` };
  return { ok: true, value: { from, to } };
}

/** Reads `policy,route`. */
export function dimsOf(text: string | undefined): Parsed<RouteDimension[]> {
  const names = [...new Set((text ?? '').split(',').filter((name) => name !== ''))];
  if (!names.every(isRouteDimension)) return { ok: false, reason: `A dimension does not exist. ${known}` };
  if (names.length > mostDims) return { ok: false, reason: `At most ${mostDims} dimensions can be combined.` };
  return { ok: true, value: names };
}

/** Reads `policy:chat,search`; a comma or backslash within a value is written `\,` and `\\`. */
export function filtersOf(texts: string | readonly string[] | undefined): Parsed<RouteFilter[]> {
  const filters: RouteFilter[] = [];
  for (const text of texts === undefined ? [] : typeof texts === 'string' ? [texts] : texts) {
    const colon = text.indexOf(':');
    const dim = text.slice(0, Math.max(0, colon));
    if (!isRouteDimension(dim))
      return { ok: false, reason: `A filter is written dimension:value,value, e.g. policy:chat. ${known}` };
    filters.push({ dim, values: splitValues(text.slice(colon + 1)) });
  }
  return checkedFilters(filters);
}

export function checkedFilters(filters: RouteFilter[]): Parsed<RouteFilter[]> {
  if (filters.some(({ values }) => values.length > mostValues || values.some((value) => value.includes('\0'))))
    return { ok: false, reason: `A filter has at most ${mostValues} values, and none may hold a NUL.` };
  return { ok: true, value: filters };
}

/**
 * Seconds of a bucket so that a span has no more than `points` of them; whole hours where the sums by the hour are read.
 * @param wanted seconds that the asker would like
 */
export function stepOf(span: { from: number; to: number }, wanted: number, points: number = mostBuckets): number {
  const least = Math.max(wanted, (span.to - span.from) / 1000 / Math.min(points, mostBuckets), 1);
  const isHourly = span.to - span.from > factsSpanMs;
  const steps = isHourly
    ? [3_600, 2 * 3_600, 6 * 3_600, 12 * 3_600, 86_400, 7 * 86_400]
    : [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
  return steps.find((step) => step >= least) ?? steps.at(-1)!;
}

/** The span as it is read: whole hours where the sums by the hour are. */
export function readSpan({ from, to }: Pick<RoutePlan, 'from' | 'to'>): { from: number; to: number; hourly: boolean } {
  const hourly = to - from > factsSpanMs;
  if (!hourly) return { from, to, hourly };
  return { from: Math.floor(from / hourMs) * hourMs, to: Math.ceil(to / hourMs) * hourMs, hourly };
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
