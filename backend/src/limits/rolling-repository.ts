import type { Store } from '../platform/store/index.ts';
import type { BucketAnswer, BucketAsk } from './limit-bucket.ts';
import { rollingParts } from './limit.ts';

interface PartRow {
  tenant: string;
  counter: string;
  start: Date;
  count: number;
}

/**
 * Takes what is asked of counters of rolling windows, one process at a time, after what came back was written. Parts that have left
 * the window are deleted.
 */
export async function takeRolling(
  tx: Store,
  asks: readonly BucketAsk[],
  now: number,
  answers: Map<BucketAsk, BucketAnswer>,
): Promise<void> {
  const names = asks.map(({ counter }) => `${counter.tenant}\u0001${counter.name}`).sort();
  for (const name of new Set(names))
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text AS locked', [name]);
  const returned = asks.flatMap(({ counter: { tenant, name }, returns }) =>
    [...(returns ?? [])].map(([start, count]) => ({ tenant, counter: name, start: new Date(start), count: -count })),
  );
  await addToParts(tx, returned);
  const used = await partsOf(tx, asks, now);
  const taken = asks.map((ask, index) => {
    const parts = used[index]!;
    const { counter, need, start } = ask;
    const before = [...parts.values()].reduce((sum, count) => sum + count, 0);
    const granted = Math.min(need, Math.max(0, counter.most - before));
    if (granted > 0) parts.set(start, (parts.get(start) ?? 0) + granted);
    answers.set(ask, { granted, used: before + granted, parts });
    return { tenant: counter.tenant, counter: counter.name, start: new Date(start), count: granted };
  });
  await addToParts(tx, taken);
}

/** Adds to parts, or takes away from them; none goes below 0. */
async function addToParts(tx: Store, rows: readonly PartRow[]): Promise<void> {
  const lists = (of: readonly PartRow[]): unknown[] => [
    of.map(({ tenant }) => tenant),
    of.map(({ counter }) => counter),
    of.map(({ start }) => start),
    of.map(({ count }) => count),
  ];
  const [more, less] = [rows.filter(({ count }) => count > 0), rows.filter(({ count }) => count < 0)];
  if (more.length > 0)
    await tx.query(
      `INSERT INTO gateway_limit_use AS u (tenant, counter, window_start, used)
       SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[])
       ON CONFLICT (tenant, counter, window_start) DO UPDATE SET used = u.used + EXCLUDED.used`,
      lists(more),
    );
  if (less.length > 0)
    await tx.query(
      `UPDATE gateway_limit_use u SET used = GREATEST(0, u.used + n.count)
       FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[]) AS n (tenant, counter, window_start, count)
       WHERE u.tenant = n.tenant AND u.counter = n.counter AND u.window_start = n.window_start`,
      lists(less),
    );
}

/** What is used of each counter, by the parts that count. */
async function partsOf(tx: Store, asks: readonly BucketAsk[], now: number): Promise<Map<number, number>[]> {
  const lists = [
    asks.map(({ counter }) => counter.tenant),
    asks.map(({ counter }) => counter.name),
    asks.map(({ counter }) => new Date(rollingParts(counter.kind, now).since)),
  ];
  const asked = 'unnest($1::text[], $2::text[], $3::timestamptz[]) AS n (tenant, counter, since)';
  await tx.query(
    `DELETE FROM gateway_limit_use u USING ${asked}
     WHERE u.tenant = n.tenant AND u.counter = n.counter AND u.window_start < n.since`,
    lists,
  );
  const rows = await tx.query<{ tenant: string; counter: string; start: Date; used: string }>(
    `SELECT u.tenant, u.counter, u.window_start AS start, u.used::text AS used
     FROM gateway_limit_use u JOIN ${asked} ON u.tenant = n.tenant AND u.counter = n.counter`,
    lists,
  );
  return asks.map(({ counter }) => {
    const own = rows.filter((row) => row.tenant === counter.tenant && row.counter === counter.name);
    return new Map(own.map(({ start, used }) => [start.getTime(), Number(used)]));
  });
}
