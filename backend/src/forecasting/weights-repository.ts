import type { Store } from '../platform/store/index.ts';
import type { WorkloadKey } from './forecast-repository.ts';

/** One fine-tuning of one workload. */
export interface WeightsVersion extends WorkloadKey {
  version: number;
  accepted: boolean;
  trainedFrom: Date;
  trainedUntil: Date;
  lessons: number;
  steps: number;
  /** Of computing. */
  seconds: number;
  lossBefore: number;
  lossAfter: number;
  createdAt: Date;
}

/** Versions that are kept of each workload. */
const versionsKept = 5;

const columns = `tenant, region, workload, version, accepted, trained_from AS "trainedFrom", trained_until AS "trainedUntil",
       lessons, steps, seconds, loss_before AS "lossBefore", loss_after AS "lossAfter", created_at AS "createdAt"`;

/** Keeps the result of a fine-tuning as the workload's next version; `weights` null: it was not accepted. */
export async function saveWeights(
  store: Store,
  result: Omit<WeightsVersion, 'version' | 'accepted'> & { base: string; weights: Float32Array | null },
): Promise<void> {
  const { tenant, region, workload, weights } = result;
  const bytes = weights && Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength);
  await store.query(
    `INSERT INTO forecast_weights (tenant, region, workload, version, base, weights, accepted, trained_from, trained_until,
       lessons, steps, seconds, loss_before, loss_after, created_at)
     SELECT $1, $2, $3, coalesce(max(version), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
     FROM forecast_weights WHERE tenant = $1 AND region = $2 AND workload = $3`,
    [
      ...[tenant, region, workload, result.base, bytes, weights !== null],
      ...[result.trainedFrom, result.trainedUntil, result.lessons, result.steps, result.seconds],
      ...[result.lossBefore, result.lossAfter, result.createdAt],
    ],
  );
  await store.query(
    `DELETE FROM forecast_weights w WHERE tenant = $1 AND region = $2 AND workload = $3
       AND version <= (SELECT max(version) - $4 FROM forecast_weights x
                       WHERE x.tenant = w.tenant AND x.region = w.region AND x.workload = w.workload)
       AND version <> (SELECT coalesce(max(version), 0) FROM forecast_weights x
                       WHERE x.tenant = w.tenant AND x.region = w.region AND x.workload = w.workload AND x.accepted)`,
    [tenant, region, workload, versionsKept],
  );
}

/** The newest accepted weights of each workload that were kept since `since`, trained from the shared model `base`. */
export async function selectWeightsSince(
  store: Store,
  base: string,
  since: Date,
  limit: number,
): Promise<(WorkloadKey & { weights: Float32Array; trainedUntil: Date; createdAt: Date })[]> {
  const rows = await store.query<WorkloadKey & { weights: Buffer; trainedUntil: Date; createdAt: Date }>(
    `SELECT DISTINCT ON (tenant, region, workload) tenant, region, workload, weights, trained_until AS "trainedUntil",
            created_at AS "createdAt"
     FROM forecast_weights WHERE accepted AND base = $1 AND created_at > $2
     ORDER BY tenant, region, workload, version DESC LIMIT $3`,
    [base, since, limit],
  );
  return rows.map((row) => ({ ...row, weights: new Float32Array(Uint8Array.from(row.weights).buffer) }));
}

/** When each workload was last fine-tuned (epoch milliseconds), by `tenant region workload`, since `since`. */
export async function selectLastTuned(store: Store, since: Date): Promise<Map<string, number>> {
  const rows = await store.query<WorkloadKey & { at: Date }>(
    `SELECT tenant, region, workload, max(created_at) AS at FROM forecast_weights WHERE created_at > $1
     GROUP BY tenant, region, workload`,
    [since],
  );
  return new Map(rows.map((row) => [`${row.tenant} ${row.region} ${row.workload}`, row.at.getTime()]));
}

/** Fine-tunings of one workload, newest first. */
export async function selectVersions(store: Store, key: WorkloadKey): Promise<WeightsVersion[]> {
  return store.query<WeightsVersion>(
    `SELECT ${columns} FROM forecast_weights WHERE tenant = $1 AND region = $2 AND workload = $3
     ORDER BY version DESC LIMIT $4`,
    [key.tenant, key.region, key.workload, versionsKept + 1],
  );
}
