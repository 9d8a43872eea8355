import type { Scope } from '../platform/identity/index.ts';
import type { ExperimentsQuery, RoutingQuery } from './contract.ts';
import { experimentsTable } from './experiment-frames.ts';
import type { FrameJson } from './frame.ts';
import type { ExperimentsSource, RoutingSource } from './ports.ts';
import { routingSeries, routingTable } from './routing-frames.ts';

const usualPoints = 400;
/** Shorter buckets hold too few calls to say anything of shares and quantiles. */
const leastSeconds = 10;

/** Calls through the gateway: along time, or each group as a row. */
export async function routing(
  query: RoutingQuery,
  { routing: source }: { routing?: RoutingSource },
  scope: Scope,
): Promise<FrameJson[]> {
  const dims = query.groupBy ?? [];
  const asTable = query.format === 'table';
  const points = Math.max(2, Math.min(2_000, query.maxDataPoints ?? usualPoints));
  const wished = (query.intervalMs ?? (query.to - query.from) / points) / 1000;
  const answer = await source?.usage(
    {
      from: new Date(query.from),
      to: new Date(query.to),
      dims,
      filters: (query.filters ?? []).filter(({ values }) => values.length > 0),
      ...(asTable ? {} : { stepSeconds: Math.max(leastSeconds, wished), points }),
      limit: query.limit ?? 10,
    },
    scope,
  );
  const isEmpty = answer === undefined || answer.rows.every(({ tries, calls }) => tries === 0 && calls === 0);
  if (isEmpty) return [];
  return asTable
    ? [routingTable(query.refId, dims, answer)]
    : routingSeries(query.refId, query.measure ?? 'requests', dims, answer);
}

/** Experiments with what they have found so far, newest first. */
export async function experiments(
  { refId, by = 'all', limit = 50 }: ExperimentsQuery,
  { experiments: source }: { experiments?: ExperimentsSource },
  scope: Scope,
): Promise<FrameJson[]> {
  const found = (await source?.experiments({ ...(by === 'all' ? {} : { state: by }), limit }, scope)) ?? [];
  return found.length === 0 ? [] : [experimentsTable(refId, found)];
}
