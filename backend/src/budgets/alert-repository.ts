import type { Notification } from '../platform/notify/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { AlertRow } from './alerting.ts';
import type { PassedThreshold } from './assessment.ts';
import type { Budget } from './budget.ts';

type Key = Pick<Budget, 'tenant' | 'id'>;

/** Alerts of one budget that still matter: those that fire, and those of the window. */
export async function listAlerts(store: Store, { tenant, id }: Key, windowFrom: string): Promise<AlertRow[]> {
  return store.query<AlertRow>(
    `SELECT id, threshold, window_from AS "windowFrom", firing, fired_at AS "firedAt", told FROM budget_alert
     WHERE tenant = $1 AND budget_id = $2 AND (firing OR window_from = $3) ORDER BY id`,
    [tenant, id, windowFrom],
  );
}

export interface FiringRow {
  budgetId: string;
  threshold: string;
  limit: string;
  on: 'actual' | 'forecast';
  firedAt: Date;
}

/** All alerts of a tenant that fire now. */
export async function listFiring(store: Store, tenant: string): Promise<FiringRow[]> {
  return store.query<FiringRow>(
    `SELECT budget_id AS "budgetId", threshold, threshold_limit::text AS limit, watches AS on, fired_at AS "firedAt"
     FROM budget_alert WHERE tenant = $1 AND firing ORDER BY budget_id, threshold_limit`,
    [tenant],
  );
}

/** Has a threshold fire, for the first time in its window or again; resolves with the alert's id. */
export async function fireAlert(
  tx: Store,
  { tenant, id }: Key,
  { key, threshold, limit }: PassedThreshold,
  windowFrom: string,
  at: Date,
): Promise<string> {
  const [row] = await tx.query<{ id: string }>(
    `INSERT INTO budget_alert (tenant, budget_id, threshold, window_from, watches, threshold_limit, firing, fired_at)
     VALUES ($1, $2, $3, $4, $5, $6, true, $7)
     ON CONFLICT (tenant, budget_id, threshold, window_from) DO UPDATE SET firing = true, fired_at = excluded.fired_at,
       threshold_limit = excluded.threshold_limit, resolved_at = NULL, told = false
     RETURNING id`,
    [tenant, id, key, windowFrom, threshold.on, limit.toFixed(), at],
  );
  return row?.id ?? '';
}

export async function resolveAlert(tx: Store, alertId: string, at: Date): Promise<void> {
  await tx.query('UPDATE budget_alert SET firing = false, resolved_at = $2 WHERE id = $1', [alertId, at]);
}

export async function insertNotice(
  tx: Store,
  { tenant, id }: Key,
  alertId: string,
  notification: Notification,
  channels: readonly string[],
  at: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO budget_notice (tenant, budget_id, alert_id, notification, channels, created_at, next_at)
     VALUES ($1, $2, $3, $4, $5, $6, $6)`,
    [tenant, id, alertId, JSON.stringify(notification), channels, at],
  );
}

export interface NoticeRow {
  id: string;
  tenant: string;
  budgetId: string;
  alertId: string;
  notification: Notification;
  /** Those that have not got it yet. */
  channels: string[];
  attempts: number;
  held: string | null;
}

/** Takes up what waits to be sent, the oldest first; nobody else gets it before `until`. */
export async function takeNotices(store: Store, now: Date, until: Date, limit: number): Promise<NoticeRow[]> {
  return store.query<NoticeRow>(
    `WITH taken AS (
       UPDATE budget_notice SET next_at = $2 WHERE id IN (
         SELECT id FROM budget_notice WHERE done_at IS NULL AND next_at <= $1 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING *)
     SELECT id, tenant, budget_id AS "budgetId", alert_id AS "alertId", notification, channels, attempts, held
     FROM taken ORDER BY id`,
    [now, until, limit],
  );
}

/** Whether an alert fires, and whether people know of it. */
export async function findAlert(store: Store, id: string): Promise<{ firing: boolean; told: boolean }> {
  const [row] = await store.query<{ firing: boolean; told: boolean }>(
    'SELECT firing, told FROM budget_alert WHERE id = $1',
    [id],
  );
  return row ?? { firing: false, told: false };
}

export async function holdNotice(store: Store, id: string, held: string, nextAt: Date): Promise<void> {
  await store.query('UPDATE budget_notice SET held = $2, next_at = $3 WHERE id = $1', [id, held, nextAt]);
}

export async function retryNotice(store: Store, id: string, channels: readonly string[], nextAt: Date): Promise<void> {
  await store.query(
    'UPDATE budget_notice SET channels = $2, next_at = $3, attempts = attempts + 1, held = NULL WHERE id = $1',
    [id, channels, nextAt],
  );
}

export async function finishNotice(
  store: Store,
  id: string,
  outcome: 'sent' | 'dropped' | 'failed',
  at: Date,
): Promise<void> {
  await store.query('UPDATE budget_notice SET done_at = $3, outcome = $2, held = NULL WHERE id = $1', [
    id,
    outcome,
    at,
  ]);
}

export async function setTold(store: Store, alertId: string, told: boolean): Promise<void> {
  await store.query('UPDATE budget_alert SET told = $2 WHERE id = $1', [alertId, told]);
}

/** Has everything that was held back looked at again at once. */
export async function wakeNotices(store: Store, { tenant, id }: Key, at: Date): Promise<void> {
  await store.query(
    'UPDATE budget_notice SET next_at = $3 WHERE tenant = $1 AND budget_id = $2 AND done_at IS NULL AND held IS NOT NULL',
    [tenant, id, at],
  );
}

/** Removes what was sent long ago. */
export async function pruneNotices(store: Store, before: Date): Promise<void> {
  await store.query(
    'DELETE FROM budget_notice WHERE id IN (SELECT id FROM budget_notice WHERE done_at < $1 ORDER BY id LIMIT 10000)',
    [before],
  );
}
