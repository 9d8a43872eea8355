import type { Store } from '../platform/store/index.ts';
import type { Evidence } from './champion-contest.ts';
import type { WorkloadKey } from './forecast-repository.ts';

/** Who speaks for a workload: by a person's choice, or by the evidence. */
export interface Champion {
  forecaster: string;
  /** Chosen by a person. */
  pinned: boolean;
  since: Date;
  /** Why it took over from another one; null where it is the first or was pinned. */
  evidence: Evidence | null;
}

interface ChampionRow {
  region: string;
  workload: string;
  forecaster: string;
  since: Date;
  evidence: Evidence | Record<string, never>;
  pin: string | null;
  pinned_at: Date | null;
}

/** Champions of a tenant by `region workload`, pins counted in; with `workload`: of that one. */
export async function selectChampions(
  store: Store,
  tenant: string,
  workload?: string,
): Promise<Map<string, Champion & { proven: string }>> {
  const rows = await store.query<ChampionRow>(
    `SELECT c.region, c.workload, c.forecaster, c.since, c.evidence, p.forecaster AS pin, p.pinned_at
     FROM forecast_champion c
     LEFT JOIN forecast_pin p ON p.tenant = c.tenant AND p.workload = c.workload AND p.forecaster IS NOT NULL
     WHERE c.tenant = $1 AND ($2::text IS NULL OR c.workload = $2)`,
    [tenant, workload ?? null],
  );
  return new Map(
    rows.map((row) => {
      const evidence = 'mae' in row.evidence ? (row.evidence as Evidence) : null;
      const champion = row.pin
        ? { forecaster: row.pin, pinned: true, since: row.pinned_at ?? row.since, evidence: null }
        : { forecaster: row.forecaster, pinned: false, since: row.since, evidence };
      return [`${row.region} ${row.workload}`, { ...champion, proven: row.forecaster }];
    }),
  );
}

export async function saveChampions(
  store: Store,
  champions: readonly (WorkloadKey & { forecaster: string; since: Date; evidence: Evidence | undefined })[],
): Promise<void> {
  if (champions.length === 0) return;
  const rows = champions.map(({ tenant, region, workload, forecaster, since, evidence }) => ({
    ...{ tenant, region, workload, forecaster, since, evidence: evidence ?? {} },
  }));
  await store.query(
    `INSERT INTO forecast_champion (tenant, region, workload, forecaster, since, evidence)
     SELECT * FROM jsonb_to_recordset($1::jsonb)
       AS x(tenant text, region text, workload text, forecaster text, since timestamptz, evidence jsonb)
     ON CONFLICT (tenant, region, workload) DO UPDATE
     SET forecaster = excluded.forecaster, since = excluded.since, evidence = excluded.evidence`,
    [JSON.stringify(rows)],
  );
}

/** What the evidence said when it was last saved, of every tenant: forecaster by `tenant region workload`. */
export async function selectProven(store: Store, limit: number): Promise<Map<string, string>> {
  const rows = await store.query<WorkloadKey & { forecaster: string }>(
    'SELECT tenant, region, workload, forecaster FROM forecast_champion ORDER BY since DESC LIMIT $1',
    [limit],
  );
  return new Map(rows.map((row) => [`${row.tenant} ${row.region} ${row.workload}`, row.forecaster]));
}

/** The forecaster that a person chose; null where the evidence decides. */
export async function selectPin(store: Store, tenant: string, workload: string): Promise<string | null> {
  const [row] = await store.query<{ forecaster: string | null }>(
    'SELECT forecaster FROM forecast_pin WHERE tenant = $1 AND workload = $2',
    [tenant, workload],
  );
  return row?.forecaster ?? null;
}

/**
 * Sets or (null) lifts a pin for a Change and returns what stood before it. Repeating it for the same Change changes
 * nothing and returns the same.
 */
export async function savePin(
  store: Store,
  pin: { tenant: string; workload: string; forecaster: string | null; changeId: number },
): Promise<string | null> {
  const [row] = await store.query<{ previous: string | null }>(
    `INSERT INTO forecast_pin AS p (tenant, workload, forecaster, previous, change_id) VALUES ($1, $2, $3, NULL, $4)
     ON CONFLICT (tenant, workload) DO UPDATE
     SET previous = CASE WHEN p.change_id = excluded.change_id THEN p.previous ELSE p.forecaster END,
         forecaster = excluded.forecaster, change_id = excluded.change_id, pinned_at = now()
     RETURNING previous`,
    [pin.tenant, pin.workload, pin.forecaster, pin.changeId],
  );
  return row?.previous ?? null;
}

/** Puts back what stood before a Change, where that Change is still the last that set it. */
export async function restorePin(
  store: Store,
  pin: { tenant: string; workload: string; forecaster: string | null; changeId: number },
): Promise<void> {
  await store.query(
    'UPDATE forecast_pin SET forecaster = $3, pinned_at = now() WHERE tenant = $1 AND workload = $2 AND change_id = $4',
    [pin.tenant, pin.workload, pin.forecaster, pin.changeId],
  );
}
