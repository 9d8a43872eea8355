import { dateTime, type TimeRange } from '@grafana/data';
import type { CostSummary } from '../../service/contract';

/** The span of a summary as Grafana's links say it. */
export function makeTimeRange({ from, to }: Pick<CostSummary, 'from' | 'to'>): TimeRange {
  const [start, end] = [dateTime(from), dateTime(to)];
  return { from: start, to: end, raw: { from: start, to: end } };
}
