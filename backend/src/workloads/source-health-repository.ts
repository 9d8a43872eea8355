import type { Store } from '../platform/store/index.ts';
import type { SourceHealth } from './contract.ts';
import type { Place } from './workload-repository.ts';

/** Records a reading that went well. */
export async function saveSuccess(
  store: Store,
  place: Place,
  source: string,
  reading: { at: Date; samples: number; workloads: number; notices: readonly string[] },
): Promise<void> {
  await store.query(
    `INSERT INTO workload_source (tenant, region, source, last_success_at, samples, workloads, notices)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (tenant, region, source) DO UPDATE
     SET last_success_at = excluded.last_success_at, samples = excluded.samples, workloads = excluded.workloads,
         notices = excluded.notices`,
    [
      place.tenant,
      place.region,
      source,
      reading.at,
      reading.samples,
      reading.workloads,
      JSON.stringify(reading.notices),
    ],
  );
}

/** Records a reading that failed; what was known of the last good one stays. */
export async function saveFailure(
  store: Store,
  place: Place,
  source: string,
  failure: { at: Date; error: string; help: string },
): Promise<void> {
  await store.query(
    `INSERT INTO workload_source (tenant, region, source, last_error_at, last_error, last_error_help)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (tenant, region, source) DO UPDATE
     SET last_error_at = excluded.last_error_at, last_error = excluded.last_error, last_error_help = excluded.last_error_help`,
    [place.tenant, place.region, source, failure.at, failure.error, failure.help],
  );
}

interface HealthRow {
  source: string;
  region: string;
  last_success_at: Date | null;
  last_error_at: Date | null;
  last_error: string | null;
  last_error_help: string | null;
  samples: number;
  workloads: number;
  notices: string[];
}

/** Sources of a tenant in the regions that a caller may see. */
export async function selectHealth(
  store: Store,
  tenant: string,
  regions: readonly string[] | 'all',
): Promise<SourceHealth[]> {
  const rows = await store.query<HealthRow>(
    `SELECT source, region, last_success_at, last_error_at, last_error, last_error_help, samples, workloads, notices
     FROM workload_source WHERE tenant = $1 AND ($2::text[] IS NULL OR region = ANY($2)) ORDER BY source, region`,
    [tenant, regions === 'all' ? null : regions],
  );
  return rows.map((row) => {
    const failing = (row.last_error_at?.getTime() ?? 0) > (row.last_success_at?.getTime() ?? 0);
    return {
      source: row.source,
      region: row.region,
      state: failing ? 'failing' : row.last_success_at === null ? 'waiting' : 'ok',
      lastSuccessAt: row.last_success_at?.toISOString() ?? null,
      lastErrorAt: row.last_error_at?.toISOString() ?? null,
      lastError: row.last_error,
      help: row.last_error_help,
      samples: row.samples,
      workloads: row.workloads,
      notices: row.notices,
    };
  });
}
