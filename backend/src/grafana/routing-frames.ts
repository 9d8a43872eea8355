import type { RoutingMeasure } from './contract.ts';
import { timeSeries, type FieldConfig, type FrameJson } from './frame.ts';
import type { RoutingAnswer } from './ports.ts';
import { money, named, number, numbers, share, table, texts } from './table-columns.ts';

type Row = RoutingAnswer['rows'][number];

/** What a measure says of a row; `seconds` of its bucket. Null where it is not known. */
const measured: Readonly<Record<RoutingMeasure, (row: Row, seconds: number) => number | null>> = {
  requests: (row) => row.calls,
  requestRate: (row, seconds) => row.calls / seconds,
  tries: (row) => row.tries,
  failed: (row) => row.failed,
  errorShare: (row) => row.errorShare ?? null,
  tryErrorShare: (row) => row.tryErrorShare ?? null,
  cacheShare: (row) => row.cacheShare ?? null,
  inputTokens: (row) => row.inputTokens,
  outputTokens: (row) => row.outputTokens,
  cost: (row) => number(row.cost),
  saved: (row) => number(row.saved),
  durationP50: (row) => row.durationMs?.p50 ?? null,
  durationP95: (row) => row.durationMs?.p95 ?? null,
  firstTokenP50: (row) => row.firstTokenMs?.p50 ?? null,
  firstTokenP95: (row) => row.firstTokenMs?.p95 ?? null,
};

const isShare = (measure: RoutingMeasure): boolean => measure.endsWith('Share');
const isLatency = (measure: RoutingMeasure): boolean => /P\d+$/.test(measure);

function configOf(measure: RoutingMeasure, currency: string): FieldConfig {
  if (measure === 'cost' || measure === 'saved') return money(currency, 4);
  if (measure === 'requestRate') return { unit: 'reqps' };
  return isShare(measure) ? share : { unit: isLatency(measure) ? 'ms' : 'short' };
}

/** One line for each group. Where a group had no call, counts are 0, and shares and latencies are not known. */
export function routingSeries(
  refId: string,
  measure: RoutingMeasure,
  groupBy: readonly string[],
  answer: RoutingAnswer,
): FrameJson[] {
  const times = [...new Set(answer.rows.map((row) => Date.parse(row.at ?? '')))]
    .filter((at) => !Number.isNaN(at))
    .sort((a, b) => a - b);
  const place = new Map(times.map((at, index) => [at, index]));
  const groups = new Map<string, { labels: Record<string, string>; values: (number | null)[] }>();
  for (const row of answer.rows) {
    const index = place.get(Date.parse(row.at ?? ''));
    if (index === undefined) continue;
    const labels = Object.fromEntries(groupBy.map((dim) => [dim, nameOf(row, dim)]));
    const key = JSON.stringify(labels);
    const empty = (): (number | null)[] => times.map(() => (isLatency(measure) || isShare(measure) ? null : 0));
    const group = groups.get(key) ?? { labels, values: empty() };
    group.values[index] = measured[measure](row, answer.stepSeconds ?? 1);
    groups.set(key, group);
  }
  return timeSeries(
    refId,
    [...groups.values()].map(({ labels, values }) => ({
      name: groupBy.length === 0 ? measure : Object.values(labels).join(' / '),
      labels: groupBy.length === 0 ? { measure } : labels,
      times,
      values,
      config: configOf(measure, answer.currency),
    })),
    answer.notices,
  );
}

export function routingTable(refId: string, groupBy: readonly string[], answer: RoutingAnswer): FrameJson {
  const { rows, currency } = answer;
  const column = (measure: RoutingMeasure, title: string) =>
    numbers(measure, title, rows, (row) => measured[measure](row, 1), configOf(measure, currency));
  return table(
    'routing',
    refId,
    [
      ...groupBy.map((dim) => texts(dim, dim, rows, (row) => nameOf(row, dim))),
      column('requests', 'Requests'),
      column('tries', 'Tries'),
      column('errorShare', 'Not answered'),
      column('tryErrorShare', 'Tries that failed'),
      column('cacheShare', 'From a cache'),
      column('inputTokens', 'Input tokens'),
      column('outputTokens', 'Output tokens'),
      column('cost', 'Cost'),
      column('saved', 'Saved by caches'),
      column('firstTokenP50', 'First token, median'),
      column('firstTokenP95', 'First token, p95'),
      column('durationP50', 'Duration, median'),
      column('durationP95', 'Duration, p95'),
    ],
    answer.notices,
  );
}

function nameOf(row: Row, dim: string): string {
  return row.other === true ? '(other)' : named(row.keys[dim] ?? '');
}
