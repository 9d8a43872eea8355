import type { Store } from '../platform/store/index.ts';
import type { Drift } from './drift-watch.ts';
import type { WorkloadKey } from './forecast-repository.ts';
import type { SampleNotice } from './sample-watch.ts';

/** What was last noticed about a workload. `drift.since` is an instant. */
export interface NoticedState {
  at: Date;
  drift: { since: string; factor: number } | null;
  notices: SampleNotice[];
}

/** Keeps what was noticed about workloads, minutes as instants of `stepMs`. */
export async function saveStates(
  store: Store,
  at: Date,
  states: readonly (WorkloadKey & { drift: Drift | undefined; notices: readonly SampleNotice[] })[],
  stepMs: number,
): Promise<void> {
  if (states.length === 0) return;
  const rows = states.map(({ tenant, region, workload, drift, notices }) => ({
    ...{ tenant, region, workload, at, notices },
    drift: drift ? { since: new Date(drift.since * stepMs).toISOString(), factor: drift.factor } : null,
  }));
  await store.query(
    `INSERT INTO forecast_state (tenant, region, workload, at, drift, notices)
     SELECT * FROM jsonb_to_recordset($1::jsonb)
       AS x(tenant text, region text, workload text, at timestamptz, drift jsonb, notices jsonb)
     ON CONFLICT (tenant, region, workload) DO UPDATE
     SET at = excluded.at, drift = excluded.drift, notices = excluded.notices`,
    [JSON.stringify(rows)],
  );
}

export async function selectState(store: Store, key: WorkloadKey): Promise<NoticedState | undefined> {
  const [row] = await store.query<NoticedState>(
    'SELECT at, drift, notices FROM forecast_state WHERE tenant = $1 AND region = $2 AND workload = $3',
    [key.tenant, key.region, key.workload],
  );
  return row;
}

/** Workloads of every tenant that have drifted, by `tenant region workload`. */
export async function selectDrifting(store: Store): Promise<Set<string>> {
  const rows = await store.query<WorkloadKey>(
    'SELECT tenant, region, workload FROM forecast_state WHERE drift IS NOT NULL',
  );
  return new Set(rows.map(({ tenant, region, workload }) => `${tenant} ${region} ${workload}`));
}
