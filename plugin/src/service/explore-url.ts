import type { RawTimeRange } from '@grafana/data';
import { pageUrls } from '../constants';
import type { DimensionFilter } from '../datasource/types';
import { filterParams } from './cost-params';

/** The bill lines that name no team: an empty value asks for what has none. */
const withoutTeam: DimensionFilter = { dim: 'x_Team', values: [''] };

/** Address of the cost explorer with these filters; the range as Grafana writes one, e.g. `now-1M/M` or an ISO instant. */
export function exploreUrl(
  filters: readonly DimensionFilter[],
  range?: { from: string; to: string },
  groupBy: readonly string[] = [],
): string {
  const search = new URLSearchParams();
  for (const filter of filterParams(filters)) search.append('filter', filter);
  for (const dim of groupBy) search.append('group', dim);
  if (range) {
    search.set('from', range.from);
    search.set('to', range.to);
  }
  return `${pageUrls.finops}/explore?${search.toString()}`;
}

/** A range as its address has it. */
export function rawRange({ from, to }: RawTimeRange): { from: string; to: string } {
  const text = (at: RawTimeRange['from']) => (typeof at === 'string' ? at : at.toISOString());
  return { from: text(from), to: text(to) };
}

/** Where the cost that has no team is, within what is shown: by service and account, which tell whose it could be. */
export function ownerlessUrl(filters: readonly DimensionFilter[], range: { from: string; to: string }): string {
  const others = filters.filter(({ dim }) => dim !== withoutTeam.dim);
  return exploreUrl([...others, withoutTeam], range, ['ServiceName', 'SubAccountName']);
}
