import type { Scope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Lang, ReportFormat, Run } from './contract.ts';

export interface ScheduleRecord {
  id: number;
  tenant: string;
  reportId: number;
  cron: string;
  timeZone: string;
  format: ReportFormat;
  lang: Lang;
  channels: string[];
  enabled: boolean;
  provisioned: boolean;
  scope: Scope;
  createdBy: string;
  createdByName: string;
  nextRunAt: Date | null;
  lastRunAt: Date | null;
}

export type NewSchedule = Omit<ScheduleRecord, 'id' | 'provisioned' | 'lastRunAt'> & {
  provisioned?: boolean;
  at: Date;
};

const columns = `s.id::int, s.tenant, s.report_id::int AS "reportId", s.cron, s.time_zone AS "timeZone", s.format, s.lang,
  s.channels, s.enabled, s.provisioned, s.scope, s.created_by AS "createdBy", s.created_by_name AS "createdByName",
  s.next_run_at AS "nextRunAt",
  (SELECT max(r.due_at) FROM showback_run r WHERE r.schedule_id = s.id) AS "lastRunAt"`;

export function listSchedules(store: Store, tenant: string, reportId: number): Promise<ScheduleRecord[]> {
  return store.query<ScheduleRecord>(
    `SELECT ${columns} FROM showback_schedule s WHERE s.tenant = $1 AND s.report_id = $2 ORDER BY s.id LIMIT 100`,
    [tenant, reportId],
  );
}

export async function findSchedule(store: Store, id: number, tenant: string): Promise<ScheduleRecord | undefined> {
  const rows = await store.query<ScheduleRecord>(
    `SELECT ${columns} FROM showback_schedule s WHERE s.id = $1 AND s.tenant = $2`,
    [id, tenant],
  );
  return rows[0];
}

export async function insertSchedule(store: Store, schedule: NewSchedule): Promise<ScheduleRecord> {
  const rows = await store.query<ScheduleRecord>(
    `INSERT INTO showback_schedule AS s (tenant, report_id, cron, time_zone, format, lang, channels, enabled, provisioned,
       scope, created_by, created_by_name, next_run_at, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING ${columns}`,
    [
      ...[schedule.tenant, schedule.reportId, schedule.cron, schedule.timeZone, schedule.format, schedule.lang],
      ...[schedule.channels, schedule.enabled, schedule.provisioned ?? false, JSON.stringify(schedule.scope)],
      ...[schedule.createdBy, schedule.createdByName, schedule.nextRunAt, schedule.at],
    ],
  );
  return rows[0]!;
}

export async function updateSchedule(
  store: Store,
  id: number,
  schedule: Omit<NewSchedule, 'reportId' | 'provisioned'>,
): Promise<ScheduleRecord | undefined> {
  const rows = await store.query<ScheduleRecord>(
    `UPDATE showback_schedule AS s SET cron = $3, time_zone = $4, format = $5, lang = $6, channels = $7, enabled = $8,
       scope = $9, created_by = $10, created_by_name = $11, next_run_at = $12, changed_at = $13
     WHERE s.id = $1 AND s.tenant = $2 RETURNING ${columns}`,
    [
      ...[id, schedule.tenant, schedule.cron, schedule.timeZone, schedule.format, schedule.lang, schedule.channels],
      ...[schedule.enabled, JSON.stringify(schedule.scope), schedule.createdBy, schedule.createdByName],
      ...[schedule.nextRunAt, schedule.at],
    ],
  );
  return rows[0];
}

export async function deleteSchedule(store: Store, id: number, tenant: string): Promise<boolean> {
  const rows = await store.query<{ id: string }>(
    'DELETE FROM showback_schedule WHERE id = $1 AND tenant = $2 RETURNING id',
    [id, tenant],
  );
  return rows.length > 0;
}

/** Schedules of a file are taken away before they are put in again. */
export function deleteProvisioned(store: Store, reportId: number, keep: readonly number[]): Promise<object[]> {
  return store.query(
    'DELETE FROM showback_schedule WHERE report_id = $1 AND provisioned AND NOT (id = ANY($2::bigint[]))',
    [reportId, [...keep]],
  );
}

/** Schedules that are due, locked against other processes until the transaction ends. */
export function lockDue(tx: Store, now: Date, limit: number): Promise<ScheduleRecord[]> {
  return tx.query<ScheduleRecord>(
    `SELECT ${columns} FROM showback_schedule s WHERE s.enabled AND s.next_run_at <= $1
     ORDER BY s.next_run_at, s.id LIMIT $2 FOR UPDATE OF s SKIP LOCKED`,
    [now, limit],
  );
}

export async function setNext(tx: Store, id: number, next: Date): Promise<void> {
  await tx.query('UPDATE showback_schedule SET next_run_at = $2 WHERE id = $1', [id, next]);
}

export interface RunRecord {
  id: number;
  tenant: string;
  scheduleId: number;
  dueAt: Date;
  missed: number;
  state: Run['state'];
  fileId: number | null;
  deliveries: Run['deliveries'];
  failure: string | null;
  attempts: number;
  startedAt: Date | null;
  finishedAt: Date | null;
}

const runColumns = `id::int, tenant, schedule_id::int AS "scheduleId", due_at AS "dueAt", missed, state,
  file_id::int AS "fileId", deliveries, failure, attempts, started_at AS "startedAt", finished_at AS "finishedAt"`;

/** Notes that a due time is acted on; undefined where it was before. */
export async function insertRun(
  store: Store,
  run: { tenant: string; scheduleId: number; dueAt: Date; missed: number; at: Date },
): Promise<RunRecord | undefined> {
  const rows = await store.query<RunRecord>(
    `INSERT INTO showback_run (tenant, schedule_id, due_at, missed, touched_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (schedule_id, due_at) DO NOTHING RETURNING ${runColumns}`,
    [run.tenant, run.scheduleId, run.dueAt, run.missed, run.at],
  );
  return rows[0];
}

export async function findRun(store: Store, id: number): Promise<RunRecord | undefined> {
  return (await store.query<RunRecord>(`SELECT ${runColumns} FROM showback_run WHERE id = $1`, [id]))[0];
}

export async function beginRun(store: Store, id: number, at: Date): Promise<RunRecord | undefined> {
  const rows = await store.query<RunRecord>(
    `UPDATE showback_run SET state = 'active', attempts = attempts + 1, started_at = coalesce(started_at, $2), touched_at = $2
     WHERE id = $1 AND state IN ('waiting', 'active') RETURNING ${runColumns}`,
    [id, at],
  );
  return rows[0];
}

export async function noteRun(
  store: Store,
  id: number,
  change: { fileId: number | null; deliveries: Run['deliveries']; at: Date },
): Promise<void> {
  await store.query('UPDATE showback_run SET file_id = $2, deliveries = $3, touched_at = $4 WHERE id = $1', [
    id,
    change.fileId,
    JSON.stringify(change.deliveries),
    change.at,
  ]);
}

export async function finishRun(
  store: Store,
  id: number,
  end: { state: 'sent' | 'failed'; failure: string | null; at: Date },
): Promise<void> {
  await store.query(
    'UPDATE showback_run SET state = $2, failure = $3, finished_at = $4, touched_at = $4 WHERE id = $1',
    [id, end.state, end.failure?.slice(0, 2_000) ?? null, end.at],
  );
}

export function listRuns(store: Store, tenant: string, scheduleId: number, limit: number): Promise<RunRecord[]> {
  return store.query<RunRecord>(
    `SELECT ${runColumns} FROM showback_run WHERE tenant = $1 AND schedule_id = $2 ORDER BY due_at DESC LIMIT $3`,
    [tenant, scheduleId, limit],
  );
}

/** Runs that a worker left behind. */
export function listLeftRuns(store: Store, before: Date): Promise<{ id: number; attempts: number }[]> {
  return store.query<{ id: number; attempts: number }>(
    `SELECT id::int, attempts FROM showback_run WHERE state IN ('waiting', 'active') AND touched_at < $1
     ORDER BY id LIMIT 100`,
    [before],
  );
}

/** Forgets runs that ended long ago. */
export async function dropOldRuns(store: Store, before: Date): Promise<void> {
  await store.query(`DELETE FROM showback_run WHERE finished_at < $1`, [before]);
}
