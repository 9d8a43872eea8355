import type { Scope } from '../platform/identity/index.ts';
import type { QueryResult, Warehouse } from '../platform/warehouse/index.ts';
import { activeDropsSql, type Statement } from './cost-sql.ts';

/** A drop that readers see. Times are Unix seconds; `chargeLast` is the latest start of a charge. */
export interface ActiveDrop {
  dropId: string;
  source: string;
  period: string;
  lakePath: string;
  chargeFrom: number;
  chargeLast: number;
  chargeTo: number;
}

/** Seconds for which another replica may still answer from the versions before; they stay whole for an hour after. */
const dropsAgeSeconds = 1;

/** Answers that are cached are cached under these very drops, so that none of them outlives this list by more than its age. */
export async function listActiveDrops(warehouse: Warehouse, scope: Scope, signal?: AbortSignal): Promise<ActiveDrop[]> {
  const { rows } = await warehouse.query<ActiveDrop>(activeDropsSql, {
    scope,
    cacheSeconds: dropsAgeSeconds,
    ...(signal ? { signal } : {}),
  });
  return rows;
}

export function read<Row>(
  warehouse: Warehouse,
  { sql, params }: Statement,
  scope: Scope,
  options: { cacheSeconds: number; signal?: AbortSignal },
): Promise<QueryResult<Row>> {
  return warehouse.query<Row>(sql, { params, scope, ...options });
}
