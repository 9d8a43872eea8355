import type { Scope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';

/** A cluster and month that has facts of its own sources. */
export interface BillableMonth {
  tenant: string;
  region: string;
  cluster: string;
  /** `YYYY-MM`. */
  period: string;
  /** Newest arrival among its facts, epoch milliseconds. */
  factsUntil: number;
}

/** Months in which jobs ran or hosts were there, with the newest arrival; the generated estate sends its own bills. */
export async function selectBillableMonths(warehouse: Warehouse, now: Date): Promise<BillableMonth[]> {
  const months = (from: string, to: string) => `arrayJoin(arrayMap(m -> toYYYYMM(addMonths(toStartOfMonth(${from}), m)),
    range(0, toUInt32(least(240, dateDiff('month', ${from}, greatest(${from}, least(${to}, {now:DateTime('UTC')}))) + 1)))))`;
  const { rows } = await warehouse.query<{
    tenant: string;
    region: string;
    cluster: string;
    month: number;
    until: string;
  }>(
    `SELECT tenant, region, cluster, month, toString(max(until_)) AS until
     FROM (
       SELECT Tenant AS tenant, Region AS region, Cluster AS cluster,
              ${months('StartedAt', 'greatest(StartedAt, EndedAt - 1)')} AS month,
              toUnixTimestamp64Milli(ReceivedAt) AS until_
       FROM fact_job WHERE x_Source != '' AND StartedAt <= {now:DateTime('UTC')}
       UNION ALL
       SELECT Tenant, Region, Cluster, toYYYYMM(StartedAt), toUnixTimestamp64Milli(ReceivedAt)
       FROM fact_node WHERE x_Source != '' AND Origin != 'declared' AND StartedAt <= {now:DateTime('UTC')}
       UNION ALL
       SELECT Tenant, Region, Cluster,
              ${months("greatest(StartedAt, addMonths({now:DateTime('UTC')}, -24))", "ifNull(EndedAt - 1, {now:DateTime('UTC')})")},
              toUnixTimestamp64Milli(ReceivedAt)
       FROM fact_node WHERE x_Source != '' AND Origin = 'declared' AND StartedAt > toDateTime('2001-01-01 00:00:00', 'UTC')
         AND StartedAt <= {now:DateTime('UTC')}
     ) GROUP BY tenant, region, cluster, month ORDER BY tenant, region, cluster, month`,
    { params: { now: Math.floor(now.getTime() / 1000) }, maxResultRows: 1_000_000, timeoutMs: 60_000 },
  );
  return rows.map(({ month, until, ...place }) => ({
    ...place,
    period: `${Math.floor(month / 100)}-${String(month % 100).padStart(2, '0')}`,
    factsUntil: Number(until),
  }));
}

export interface Bill extends Omit<BillableMonth, 'factsUntil'> {
  source: string;
  factsUntil: Date;
  /** End of the days that the bill holds. */
  daysUntil: Date;
  charges: number;
  notices: string[];
  billedAt: Date;
}

interface BillRow {
  tenant: string;
  region: string;
  cluster: string;
  period: string;
  source: string;
  facts_until: Date;
  days_until: Date;
  charges: string;
  notices: string[];
  billed_at: Date;
}

const billOf = (row: BillRow): Bill => ({
  ...{ tenant: row.tenant, region: row.region, cluster: row.cluster, period: row.period, source: row.source },
  ...{ factsUntil: row.facts_until, daysUntil: row.days_until, charges: Number(row.charges), notices: row.notices },
  billedAt: row.billed_at,
});

export async function findBill(store: Store, month: Omit<BillableMonth, 'factsUntil'>): Promise<Bill | undefined> {
  const [row] = await store.query<BillRow>(
    'SELECT * FROM cluster_bill WHERE tenant = $1 AND region = $2 AND cluster = $3 AND period = $4',
    [month.tenant, month.region, month.cluster, month.period],
  );
  return row && billOf(row);
}

/** Bills of a caller's tenant and regions, the newest month first. */
export async function listBills(store: Store, { tenant, regions }: Scope): Promise<Bill[]> {
  const rows = await store.query<BillRow>(
    `SELECT * FROM cluster_bill WHERE tenant = $1 AND ($2::text[] IS NULL OR region = ANY($2))
     ORDER BY period DESC, cluster LIMIT 1000`,
    [tenant, regions === 'all' ? null : [...regions]],
  );
  return rows.map(billOf);
}

export async function saveBill(store: Store, bill: Bill): Promise<void> {
  await store.query(
    `INSERT INTO cluster_bill (tenant, region, cluster, period, source, facts_until, days_until, charges, notices, billed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (tenant, region, cluster, period) DO UPDATE SET source = $5, facts_until = $6, days_until = $7,
       charges = $8, notices = $9, billed_at = $10`,
    [
      ...[bill.tenant, bill.region, bill.cluster, bill.period, bill.source, bill.factsUntil, bill.daysUntil],
      ...[bill.charges, bill.notices, bill.billedAt],
    ],
  );
}

/** Up to which arrivals the samples of a cluster are joined to jobs. */
export async function findJoinMark(
  store: Store,
  place: { tenant: string; region: string; cluster: string },
): Promise<Date> {
  const [row] = await store.query<{ facts_until: Date }>(
    'SELECT facts_until FROM cluster_sample_join WHERE tenant = $1 AND region = $2 AND cluster = $3',
    [place.tenant, place.region, place.cluster],
  );
  return row?.facts_until ?? new Date(0);
}

export async function saveJoinMark(
  store: Store,
  place: { tenant: string; region: string; cluster: string },
  factsUntil: Date,
): Promise<void> {
  await store.query(
    `INSERT INTO cluster_sample_join (tenant, region, cluster, facts_until) VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant, region, cluster) DO UPDATE SET facts_until = $4`,
    [place.tenant, place.region, place.cluster, factsUntil],
  );
}
