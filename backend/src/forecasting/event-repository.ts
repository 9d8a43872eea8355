import type { Store } from '../platform/store/index.ts';
import type { WorkloadKey } from './forecast-repository.ts';
import type { EventEffect, KnownEvent } from './known-event.ts';

type EventRow = Omit<KnownEvent, 'createdBy'> & { byId: string; byName: string };

const columns = `tenant, id, name, workload, starts_at AS "startsAt", ends_at AS "endsAt", ratio, note, origin, version,
       known_since AS "knownSince", created_by_id AS "byId", created_by_name AS "byName", updated_at AS "updatedAt"`;

const eventOf = ({ byId, byName, ...row }: EventRow): KnownEvent => ({ ...row, createdBy: { id: byId, name: byName } });

/** Events that run at some time in [from, to), by their start; of one tenant, or of all. */
export async function selectEvents(
  store: Store,
  { tenant, from, to, limit }: { tenant?: string; from: Date; to: Date; limit: number },
): Promise<KnownEvent[]> {
  const rows = await store.query<EventRow>(
    `SELECT ${columns} FROM known_event
     WHERE deleted_at IS NULL AND ($1::text IS NULL OR tenant = $1) AND ends_at > $2 AND starts_at < $3
     ORDER BY starts_at, tenant, id LIMIT $4`,
    [tenant ?? null, from, to, limit],
  );
  return rows.map(eventOf);
}

export async function findEvent(store: Store, tenant: string, id: string): Promise<KnownEvent | undefined> {
  const [row] = await store.query<EventRow>(
    `SELECT ${columns} FROM known_event WHERE tenant = $1 AND id = $2 AND deleted_at IS NULL`,
    [tenant, id],
  );
  return row && eventOf(row);
}

/** Events of an origin that have not been deleted, of every tenant or of one. */
export async function selectByOrigin(
  store: Store,
  origin: KnownEvent['origin'],
  tenant?: string,
): Promise<KnownEvent[]> {
  const rows = await store.query<EventRow>(
    `SELECT ${columns} FROM known_event WHERE origin = $1 AND ($2::text IS NULL OR tenant = $2) AND deleted_at IS NULL`,
    [origin, tenant ?? null],
  );
  return rows.map(eventOf);
}

export async function countEvents(store: Store, tenant: string, endingAfter: Date): Promise<number> {
  const [row] = await store.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM known_event WHERE tenant = $1 AND deleted_at IS NULL AND ends_at > $2',
    [tenant, endingAfter],
  );
  return row!.n;
}

/** Keeps an event, new or as its next version. Where its time has changed it is known since then only. */
export async function upsertEvent(
  store: Store,
  event: Omit<KnownEvent, 'version' | 'knownSince' | 'updatedAt'>,
  at: Date,
): Promise<void> {
  const { tenant, id, name, workload, startsAt, endsAt, ratio, note, origin, createdBy } = event;
  await store.query(
    `INSERT INTO known_event AS e (tenant, id, name, workload, starts_at, ends_at, ratio, note, origin, known_since,
       created_by_id, created_by_name, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $10)
     ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, workload = excluded.workload,
       starts_at = excluded.starts_at, ends_at = excluded.ends_at, ratio = excluded.ratio, note = excluded.note,
       origin = excluded.origin, version = e.version + 1, updated_at = excluded.updated_at, deleted_at = NULL,
       known_since = CASE WHEN e.deleted_at IS NULL AND e.starts_at = excluded.starts_at THEN e.known_since
                          ELSE excluded.known_since END`,
    [tenant, id, name, workload, startsAt, endsAt, ratio, note, origin, at, createdBy.id, createdBy.name],
  );
}

/** False where it was changed meanwhile. */
export async function deleteEvent(store: Store, { tenant, id, version }: KnownEvent, at: Date): Promise<boolean> {
  const rows = await store.query(
    `UPDATE known_event SET deleted_at = $4, updated_at = $4, version = version + 1
     WHERE tenant = $1 AND id = $2 AND version = $3 AND deleted_at IS NULL RETURNING id`,
    [tenant, id, version, at],
  );
  return rows.length > 0;
}

/** What events did, newest first: of those names, of every tenant's. */
export async function selectEffects(
  store: Store,
  names: readonly string[],
  limit: number,
): Promise<(EventEffect & WorkloadKey)[]> {
  if (names.length === 0) return [];
  return store.query<EventEffect & WorkloadKey>(
    `SELECT tenant, region, workload, name, starts_at AS "startsAt", lead, ratios FROM event_effect
     WHERE name = ANY($1) ORDER BY starts_at DESC LIMIT $2`,
    [names, limit],
  );
}

/** Keys `tenant event region workload` of effects that have been learned already, of those events. */
export async function selectLearned(store: Store, ids: readonly string[]): Promise<Set<string>> {
  const rows = await store.query<WorkloadKey & { event: string }>(
    'SELECT tenant, event_id AS event, region, workload FROM event_effect WHERE event_id = ANY($1)',
    [ids],
  );
  return new Set(rows.map((row) => `${row.tenant} ${row.event} ${row.region} ${row.workload}`));
}

/** Keeps what an event did to a workload; without ratios it has been looked at, and nothing could be learned. */
export async function saveEffect(
  store: Store,
  { tenant, id, name, startsAt }: KnownEvent,
  effect: { region: string; workload: string; lead: number; ratios: readonly number[] },
  at: Date,
): Promise<void> {
  await store.query(
    `INSERT INTO event_effect (tenant, event_id, region, workload, name, starts_at, lead, ratios, learned_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9)
     ON CONFLICT (tenant, event_id, region, workload) DO UPDATE
     SET name = excluded.name, starts_at = excluded.starts_at, lead = excluded.lead, ratios = excluded.ratios,
         learned_at = excluded.learned_at`,
    [
      ...[tenant, id, effect.region, effect.workload, name, startsAt, effect.lead],
      ...[JSON.stringify(effect.ratios), at],
    ],
  );
}
