import { Decimal } from 'decimal.js';
import { frame, timeSeries, type FieldConfig, type FrameJson, type Notice } from './frame.ts';
import type { CostAnswer } from './ports.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Up to this span hours are shown; a month of hours is noise. */
const HOURLY_SPAN_MS = 3 * DAY_MS;

/** `auto` as hours or days, by the length of the span in milliseconds. */
export function grain(asked: 'auto' | 'hour' | 'day' | 'total', spanMs: number): 'hour' | 'day' | 'total' {
  if (asked !== 'auto') return asked;
  return spanMs <= HOURLY_SPAN_MS ? 'hour' : 'day';
}

/**
 * A line per group over time. Where a group has no cost at a time at which another has, it is 0 there: no line of the bill
 * is no cost, and stacks and alert rules need the point.
 */
export function costSeries(refId: string, answer: CostAnswer, groupBy: readonly string[]): FrameJson[] {
  const times = [...new Set(answer.rows.map((row) => Date.parse(row.at ?? '')).filter((at) => !Number.isNaN(at)))].sort(
    (a, b) => a - b,
  );
  const place = new Map(times.map((at, index) => [at, index]));
  const groups = new Map<
    string,
    { labels: Record<string, string>; values: number[]; total: Decimal; other: boolean }
  >();
  for (const row of answer.rows) {
    const index = place.get(Date.parse(row.at ?? ''));
    if (index === undefined) continue;
    const labels = labelsOf(row, groupBy);
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? {
      labels,
      values: times.map(() => 0),
      total: new Decimal(0),
      other: row.other === true,
    };
    group.values[index] = new Decimal(group.values[index]!).plus(row.cost).toNumber();
    group.total = group.total.plus(row.cost);
    groups.set(key, group);
  }
  const ordered = [...groups.values()].sort((a, b) => Number(a.other) - Number(b.other) || b.total.comparedTo(a.total));
  return timeSeries(
    refId,
    ordered.map((group) => ({
      name: groupBy.length === 0 ? answer.metric : [...new Set(Object.values(group.labels))].join(' / '),
      labels: { ...(groupBy.length === 0 ? { metric: answer.metric } : group.labels) },
      times,
      values: group.values,
      config: amountConfig(answer.currency),
    })),
    noticesOf(answer),
  );
}

/** One row per group (and time): the keys, and the amount as a number for charts beside its exact text. */
export function costTable(refId: string, answer: CostAnswer, groupBy: readonly string[]): FrameJson {
  const timed = answer.rows.some((row) => row.at !== undefined);
  const notices = noticesOf(answer);
  return frame(
    'cost',
    refId,
    [
      ...(timed
        ? [{ name: 'time', type: 'time.Time' as const, values: answer.rows.map((row) => Date.parse(row.at ?? '')) }]
        : []),
      ...groupBy.map((dim) => ({
        name: dim,
        type: 'string' as const,
        values: answer.rows.map((row) => labelOf(row, dim)),
        config: { displayNameFromDS: title(dim) },
      })),
      {
        name: 'cost',
        type: 'float64' as const,
        values: answer.rows.map((row) => new Decimal(row.cost).toNumber()),
        config: { displayNameFromDS: 'Cost', ...amountConfig(answer.currency) },
      },
    ],
    { preferredVisualisationType: 'table', ...(notices.length === 0 ? {} : { notices }) },
  );
}

type Row = CostAnswer['rows'][number];

function labelsOf(row: Row, groupBy: readonly string[]): Record<string, string> {
  return Object.fromEntries(groupBy.map((dim) => [dim, labelOf(row, dim)]));
}

function labelOf(row: Row, dim: string): string {
  if (row.other === true) return '(other)';
  const value = row.keys[dim];
  return value === undefined || value === '' ? '(none)' : value;
}

function title(dimension: string): string {
  return dimension.replace(/^x_/, '').replace(/([a-z])([A-Z])/g, '$1 $2');
}

function amountConfig(currency: string): FieldConfig {
  return { unit: /^[A-Z]{3}$/.test(currency) ? `currency${currency}` : 'short', decimals: 2 };
}

function noticesOf(answer: CostAnswer): Notice[] {
  const cached: Notice[] =
    answer.cachedAgeSeconds === undefined
      ? []
      : [{ severity: 'info', text: `Cached, ${Math.round(answer.cachedAgeSeconds)} s old.` }];
  return [...answer.notices, ...cached];
}
