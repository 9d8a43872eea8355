import type { UsageQuery } from './contract.ts';
import { timeSeries, type FieldConfig, type FrameJson } from './frame.ts';
import type { UsageAnswer } from './ports.ts';
import { money, named, number, numbers, table, texts } from './table-columns.ts';

type UsageRow = UsageAnswer['rows'][number];
type Measure = NonNullable<UsageQuery['measure']>;

const measured: Readonly<Record<Measure, (row: UsageRow) => number | null>> = {
  requests: (row) => row.requests,
  failed: (row) => row.failed,
  inputTokens: (row) => row.inputTokens,
  cachedInputTokens: (row) => row.cachedInputTokens,
  outputTokens: (row) => row.outputTokens,
  reasoningTokens: (row) => row.reasoningTokens,
  sessions: (row) => row.sessions,
  cost: (row) => number(row.cost),
  durationP50: (row) => row.durationMs?.p50 ?? null,
  durationP99: (row) => row.durationMs?.p99 ?? null,
  firstTokenP50: (row) => row.firstTokenMs?.p50 ?? null,
  firstTokenP99: (row) => row.firstTokenMs?.p99 ?? null,
};

const isLatency = (measure: Measure): boolean => /P\d+$/.test(measure);

function measureConfig(measure: Measure, currency: string): FieldConfig {
  if (measure === 'cost') return money(currency);
  return { unit: isLatency(measure) ? 'ms' : 'short' };
}

/** One line for each group. Where a group had no call, a count is 0 and a latency is not known. */
export function usageSeries(
  refId: string,
  measure: Measure,
  groupBy: readonly string[],
  answer: UsageAnswer,
): FrameJson[] {
  const times = [...new Set(answer.rows.map((row) => Date.parse(row.at ?? '')))]
    .filter((at) => !Number.isNaN(at))
    .sort((a, b) => a - b);
  const place = new Map(times.map((at, index) => [at, index]));
  const groups = new Map<string, { labels: Record<string, string>; values: (number | null)[] }>();
  for (const row of answer.rows) {
    const index = place.get(Date.parse(row.at ?? ''));
    if (index === undefined) continue;
    const labels = Object.fromEntries(
      groupBy.map((dim) => [dim, row.other === true ? '(other)' : named(row.keys[dim] ?? '')]),
    );
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { labels, values: times.map(() => (isLatency(measure) ? null : 0)) };
    group.values[index] = measured[measure](row);
    groups.set(key, group);
  }
  return timeSeries(
    refId,
    [...groups.values()].map(({ labels, values }) => ({
      name: groupBy.length === 0 ? measure : Object.values(labels).join(' / '),
      labels: groupBy.length === 0 ? { measure } : labels,
      times,
      values,
      config: measureConfig(measure, answer.currency),
    })),
    answer.notices,
  );
}

export function usageTable(refId: string, groupBy: readonly string[], answer: UsageAnswer): FrameJson {
  const { rows } = answer;
  const ms: FieldConfig = { unit: 'ms', decimals: 0 };
  return table(
    'usage',
    refId,
    [
      ...groupBy.map((dim) =>
        texts(dim, dim.replace(/^x_/, ''), rows, (row) =>
          row.other === true ? '(other)' : named(row.keys[dim] ?? ''),
        ),
      ),
      numbers('requests', 'Requests', rows, measured.requests),
      numbers('failed', 'Failed', rows, measured.failed),
      numbers('inputTokens', 'Input tokens', rows, measured.inputTokens),
      numbers('cachedInputTokens', 'of them cached', rows, measured.cachedInputTokens),
      numbers('outputTokens', 'Output tokens', rows, measured.outputTokens),
      numbers('sessions', 'Sessions', rows, measured.sessions),
      numbers('cost', 'Cost, by the price book', rows, measured.cost, money(answer.currency)),
      numbers('durationP50', 'Duration, median', rows, measured.durationP50, ms),
      numbers('durationP99', 'Duration, p99', rows, measured.durationP99, ms),
    ],
    answer.notices,
  );
}
