import type { Dimension, Metric } from './dimensions.ts';
import { dayMs, hourMs, type Range, type Span } from './range.ts';

export type Granularity = 'total' | 'day' | 'hour';
export const granularities: readonly Granularity[] = ['total', 'day', 'hour'];

export interface Filter {
  dim: Dimension;
  /** The line is kept where its value is one of these. */
  values: readonly string[];
}

export interface CostQuery {
  metric: Metric;
  dims: readonly Dimension[];
  range: Range;
  granularity: Granularity;
  filters: readonly Filter[];
  /** ISO 4217; where absent, the one of most lines. */
  currency?: string;
  /** Groups that are shown; the rest is one group `other`. */
  limit: number;
  compare: boolean;
}

/** A page of the lines behind a sum. */
export interface LinesQuery {
  range: Range;
  filters: readonly Filter[];
  currency?: string;
  /** Lines of this ResourceId alone. */
  resource?: string;
  limit: number;
  cursor?: string;
}

/** A part of the span that one roll-up answers whole. */
export interface Segment extends Span {
  rollUp: 'cost_daily' | 'cost_hourly';
  previous: boolean;
  /** Milliseconds that are added to a time, so that the previous span lies over the present one. */
  shift: number;
}

/** Longest span by the hour: three months make 2,232 points per line. */
const maxHours = 93 * 24;

/** Filters travel in the address of the request to the warehouse. */
const maxFilterLength = 8_000;

/** What is wrong with the filters, or undefined. */
export function filterRefusal(filters: readonly Filter[]): string | undefined {
  const length = encodeURIComponent(JSON.stringify(filters)).length;
  if (length <= maxFilterLength) return undefined;
  return 'The filters are too long to be asked for at once; name fewer values.';
}

/** What is wrong with the query, or undefined. */
export function refusal(query: CostQuery): string | undefined {
  const filters = filterRefusal(query.filters);
  if (filters !== undefined) return filters;
  const hours = (query.range.to - query.range.from) / hourMs;
  if (query.granularity === 'hour' && hours > maxHours)
    return `By the hour at most ${maxHours / 24} days can be shown; ask for granularity=day or a shorter range.`;
  return undefined;
}

/**
 * Which roll-up answers which part: whole UTC days come from cost_daily, the hours before and after them from cost_hourly,
 * and everything from cost_hourly where hours are asked for. The segments do not overlap and cover the span.
 */
export function segmentsOf(query: CostQuery): Segment[] {
  const present = split(query.range, query.granularity).map((part) => ({ ...part, previous: false, shift: 0 }));
  if (!query.compare) return present;
  const { span, shift } = previousOf(query);
  const before = split(span, query.granularity).map((part) => ({ ...part, previous: true, shift }));
  return [...present, ...before];
}

/** The span before, moved to whole days where days are shown: a day must lie over a day. */
function previousOf(query: CostQuery): { span: Span; shift: number } {
  const { previous, from } = query.range;
  const shift = from - previous.from;
  if (query.granularity !== 'day' || shift % dayMs === 0) return { span: previous, shift };
  const wholeDays = Math.ceil(shift / dayMs) * dayMs;
  return { span: { from: query.range.from - wholeDays, to: query.range.to - wholeDays }, shift: wholeDays };
}

function split(span: Span, granularity: Granularity): (Span & { rollUp: Segment['rollUp'] })[] {
  const firstDay = Math.ceil(span.from / dayMs) * dayMs;
  const lastDay = Math.floor(span.to / dayMs) * dayMs;
  if (granularity === 'hour' || firstDay >= lastDay) return [{ ...span, rollUp: 'cost_hourly' }];
  const parts: (Span & { rollUp: Segment['rollUp'] })[] = [{ from: firstDay, to: lastDay, rollUp: 'cost_daily' }];
  if (span.from < firstDay) parts.push({ from: span.from, to: firstDay, rollUp: 'cost_hourly' });
  if (lastDay < span.to) parts.push({ from: lastDay, to: span.to, rollUp: 'cost_hourly' });
  return parts;
}

export type ParsedFilters = { ok: true; filters: Filter[] } | { ok: false; reason: string };
const maxFilterValues = 200;

/**
 * Reads `filter=x_Team:search,ads`. A comma or backslash inside a value is written `\,` and `\\`; an empty value asks for
 * lines without one. Filters on one dimension widen each other, filters on several narrow.
 */
export function parseFilters(texts: readonly string[], isKnown: (name: string) => name is Dimension): ParsedFilters {
  const byDimension = new Map<Dimension, string[]>();
  for (const text of texts) {
    const colon = text.indexOf(':');
    const name = colon < 0 ? text : text.slice(0, colon);
    if (colon < 0)
      return { ok: false, reason: 'A filter is written `dimension:value,value`, e.g. filter=x_Team:search,ads.' };
    if (!isKnown(name))
      return {
        ok: false,
        reason: 'A filter names a dimension that does not exist; GET /api/cost/dimensions lists them.',
      };
    const values = splitValues(text.slice(colon + 1));
    byDimension.set(name, [...(byDimension.get(name) ?? []), ...values]);
  }
  const filters = [...byDimension].map(([dim, values]) => ({ dim, values: [...new Set(values)] }));
  if (filters.some((filter) => filter.values.length > maxFilterValues))
    return { ok: false, reason: `A filter has more than ${maxFilterValues} values; name fewer.` };
  return { ok: true, filters };
}

function splitValues(text: string): string[] {
  const values = [''];
  for (let index = 0; index < text.length; index++) {
    const character = text[index] === '\\' ? text[++index] : text[index];
    if (text[index] === ',' && text[index - 1] !== '\\') values.push('');
    else values[values.length - 1] += character ?? '';
  }
  return values;
}

/** The warehouse cannot be asked for such a text. */
export function holdsNul(value: string): boolean {
  return value.includes('\0');
}
