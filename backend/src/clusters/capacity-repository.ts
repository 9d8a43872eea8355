import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { listedOffers, type Offer } from './capacity.ts';

/** Of which clusters; without a scope it is the system's own work. */
export interface Asked {
  from: number;
  to: number;
  cluster?: string | undefined;
  /** For the system's own work. */
  tenant?: string | undefined;
  region?: string | undefined;
  scope?: Scope | undefined;
  signal?: AbortSignal | undefined;
}

/** For how long equal questions of people are answered from memory. */
const cacheSeconds = 30;

export function askedOptions({ scope, signal }: Asked) {
  return {
    ...(scope ? { scope, cacheSeconds } : {}),
    ...(signal ? { signal } : {}),
    maxResultRows: 2_000_000,
    timeoutMs: 60_000,
  };
}
export function askedParams({ from, to, cluster, tenant, region }: Asked): Record<string, unknown> {
  return { from, to, cluster: cluster ?? '', tenant: tenant ?? '', region: region ?? '' };
}
/** Narrows to what is asked for; empty texts narrow nothing. */
export const askedSql = `({cluster:String} = '' OR Cluster = {cluster:String})
  AND ({tenant:String} = '' OR Tenant = {tenant:String}) AND ({region:String} = '' OR Region = {region:String})`;

interface OfferRow extends Offer {
  origin: 'measured' | 'listed' | 'declared';
}

const columns = `Cluster AS cluster, Region AS region, any(Scheduler) AS scheduler, Origin AS origin, GpuType AS gpuType,
  NodeType AS nodeType, toUnixTimestamp(StartedAt) AS from, if(isNull(EndedAt), NULL, toUnixTimestamp(assumeNotNull(EndedAt))) AS to,
  toString(sum(Gpus)) AS gpus, toString(sum(Cpus)) AS cpus, toString(sum(MemoryBytes)) AS memoryBytes,
  if(any(isNull(GpuSeconds)), NULL, toString(sum(assumeNotNull(GpuSeconds)))) AS gpuSeconds`;

/**
 * What clusters offered in [from, to). Where people declare hosts, that counts alone; else what was measured, else what
 * was listed. Declarations and the first list reach back to the month of the first job that is known.
 */
export async function selectOffers(warehouse: Warehouse, asked: Asked): Promise<Offer[]> {
  const options = { params: askedParams(asked), ...askedOptions(asked) };
  const [{ rows: measured }, { rows: listed }, { rows: declared }, { rows: firsts }] = await Promise.all([
    warehouse.query<OfferRow>(
      `SELECT ${columns}, toUInt32(sum(Nodes)) AS nodes FROM fact_node FINAL
       WHERE Origin = 'measured' AND ${askedSql} AND StartedAt < toDateTime({to:UInt32}, 'UTC')
         AND StartedAt >= toDateTime({from:UInt32}, 'UTC') - 3600 AND EndedAt > toDateTime({from:UInt32}, 'UTC')
       GROUP BY Cluster, Region, Origin, GpuType, NodeType, StartedAt, EndedAt`,
      options,
    ),
    warehouse.query<OfferRow>(
      `SELECT ${columns}, toUInt32(sum(Nodes)) AS nodes FROM fact_node FINAL
       WHERE Origin = 'listed' AND ${askedSql}
       GROUP BY Cluster, Region, Origin, GpuType, NodeType, StartedAt, EndedAt`,
      options,
    ),
    warehouse.query<OfferRow>(
      `SELECT ${columns}, toUInt32(sum(Nodes)) AS nodes FROM fact_node FINAL
       WHERE Origin = 'declared' AND ${askedSql} AND (Tenant, Region, Cluster, x_Source, Version) IN (
         SELECT Tenant, Region, Cluster, x_Source, max(Version) FROM fact_node WHERE Origin = 'declared'
         GROUP BY Tenant, Region, Cluster, x_Source)
       GROUP BY Cluster, Region, Origin, GpuType, NodeType, StartedAt, EndedAt`,
      options,
    ),
    warehouse.query<{ cluster: string; region: string; month: number }>(
      `SELECT Cluster AS cluster, Region AS region, toUnixTimestamp(toDateTime(toStartOfMonth(min(StartedAt)), 'UTC')) AS month
       FROM fact_job WHERE ${askedSql} GROUP BY Cluster, Region`,
      options,
    ),
  ]);
  return resolve([...measured, ...listed, ...declared].map(plain), firsts);
}

const plain = (row: OfferRow): OfferRow => ({
  ...row,
  to: row.to ?? undefined,
  gpuSeconds: row.gpuSeconds ?? undefined,
});
const declaredAlways = Date.parse('2000-01-01T00:00:00Z') / 1000;

function resolve(
  rows: readonly OfferRow[],
  firsts: readonly { cluster: string; region: string; month: number }[],
): Offer[] {
  const keyOf = ({ cluster, region }: { cluster: string; region: string }) => JSON.stringify([region, cluster]);
  const byCluster = Map.groupBy(rows, keyOf);
  const since = new Map(firsts.map((row) => [keyOf(row), row.month]));
  return [...byCluster].flatMap(([key, own]) => {
    const of = (origin: OfferRow['origin']) => own.filter((row) => row.origin === origin);
    const first = since.get(key);
    const declared = of('declared');
    if (declared.length > 0)
      return declared.map((row) =>
        row.from === declaredAlways && first !== undefined ? { ...row, from: first } : row,
      );
    if (of('measured').length > 0) return of('measured');
    const looks = of('listed');
    return listedOffers(looks, first ?? Infinity);
  });
}
