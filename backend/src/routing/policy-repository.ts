import type { Store } from '../platform/store/index.ts';
import type { LivePolicy, LiveVersion } from './live-policies.ts';
import type { Policy } from './policy.ts';
import type { Activation } from './rollout.ts';

export interface Person {
  id: string;
  name: string;
}

/** Owner of the versions that stand in the configuration: they serve every tenant. */
export const everyTenant = '';

export interface VersionRow {
  policy: string;
  version: string;
  number: number;
  origin: 'api' | 'file';
  position: number;
  content: Policy;
  hash: string;
  notes: string;
  author: Person;
  createdAt: Date;
}

export interface DraftRow {
  policy: string;
  position: number;
  content: Policy;
  notes: string;
  basedOn: string | null;
  revision: number;
  author: Person;
  updatedAt: Date;
}

/** An activation with the Change that brought it about. */
export interface KeptActivation extends Activation {
  policy: string;
  changeId: number;
  attempt: string;
}

interface ActivationRow {
  policy: string;
  stable: string | null;
  candidate: string | null;
  steps: Activation['steps'];
  stickyBy: Activation['stickyBy'];
  changeId: string;
  attempt: string;
}

const versionColumns = `policy, version, number, origin, position, content, hash, notes,
  jsonb_build_object('id', author_id, 'name', author_name) AS author, created_at AS "createdAt"`;
const draftColumns = `policy, position, content, notes, based_on AS "basedOn", revision,
  jsonb_build_object('id', author_id, 'name', author_name) AS author, updated_at AS "updatedAt"`;
const activationColumns = `policy, stable, candidate, steps, sticky_by AS "stickyBy", change_id::text AS "changeId", attempt`;

/** The newest version of each policy of the tenant. */
export async function newestVersions(store: Store, tenant: string): Promise<VersionRow[]> {
  return store.query<VersionRow>(
    `SELECT DISTINCT ON (policy) ${versionColumns} FROM routing_version WHERE tenant = $1
     ORDER BY policy, number DESC LIMIT 1000`,
    [tenant],
  );
}

/** Versions of one policy, newest first. */
export async function versionsOf(store: Store, tenant: string, policy: string, limit: number): Promise<VersionRow[]> {
  return store.query<VersionRow>(
    `SELECT ${versionColumns} FROM routing_version WHERE tenant = $1 AND policy = $2 ORDER BY number DESC LIMIT $3`,
    [tenant, policy, limit],
  );
}

export async function findVersion(
  store: Store,
  tenant: string,
  policy: string,
  version: string,
): Promise<VersionRow | undefined> {
  const rows = await store.query<VersionRow>(
    `SELECT ${versionColumns} FROM routing_version WHERE tenant = $1 AND policy = $2 AND version = $3`,
    [tenant, policy, version],
  );
  return rows[0];
}

/** Keeps a version; one of that name stays as it is. @returns whether it is a new one */
export async function insertVersion(
  store: Store,
  tenant: string,
  { policy, version, number, origin, position, content, hash, notes, author, createdAt }: VersionRow,
): Promise<boolean> {
  const rows = await store.query(
    `INSERT INTO routing_version (tenant, policy, version, number, origin, position, content, hash, notes, author_id, author_name,
       created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (tenant, policy, version) DO NOTHING RETURNING 1`,
    [
      ...[tenant, policy, version, number, origin, position, JSON.stringify(content), hash, notes],
      ...[author.id, author.name, createdAt],
    ],
  );
  return rows.length > 0;
}

export async function listDrafts(store: Store, tenant: string): Promise<DraftRow[]> {
  return store.query<DraftRow>(
    `SELECT ${draftColumns} FROM routing_draft WHERE tenant = $1 ORDER BY policy LIMIT 1000`,
    [tenant],
  );
}

/** @param lock keeps others from changing it until the transaction is over */
export async function findDraft(
  store: Store,
  tenant: string,
  policy: string,
  lock = false,
): Promise<DraftRow | undefined> {
  const rows = await store.query<DraftRow>(
    `SELECT ${draftColumns} FROM routing_draft WHERE tenant = $1 AND policy = $2 ${lock ? 'FOR UPDATE' : ''}`,
    [tenant, policy],
  );
  return rows[0];
}

export async function saveDraft(store: Store, tenant: string, draft: DraftRow): Promise<void> {
  const { policy, position, content, notes, basedOn, revision, author, updatedAt } = draft;
  await store.query(
    `INSERT INTO routing_draft (tenant, policy, position, content, notes, based_on, revision, author_id, author_name, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (tenant, policy) DO UPDATE SET position = $3, content = $4, notes = $5, based_on = $6, revision = $7,
       author_id = $8, author_name = $9, updated_at = $10`,
    [
      ...[tenant, policy, position, JSON.stringify(content), notes, basedOn, revision],
      ...[author.id, author.name, updatedAt],
    ],
  );
}

export async function deleteDraft(store: Store, tenant: string, policy: string): Promise<void> {
  await store.query('DELETE FROM routing_draft WHERE tenant = $1 AND policy = $2', [tenant, policy]);
}

export async function listActivations(store: Store, tenant: string): Promise<KeptActivation[]> {
  const rows = await store.query<ActivationRow>(
    `SELECT ${activationColumns} FROM routing_activation WHERE tenant = $1 ORDER BY policy LIMIT 1000`,
    [tenant],
  );
  return rows.map(activationFrom);
}

/** @param lock keeps others from changing it until the transaction is over */
export async function findActivation(
  store: Store,
  tenant: string,
  policy: string,
  lock = false,
): Promise<KeptActivation | undefined> {
  const rows = await store.query<ActivationRow>(
    `SELECT ${activationColumns} FROM routing_activation WHERE tenant = $1 AND policy = $2 ${lock ? 'FOR UPDATE' : ''}`,
    [tenant, policy],
  );
  return rows[0] && activationFrom(rows[0]);
}

/** Keeps what serves from now on, and has every gateway look. */
export async function saveActivation(store: Store, tenant: string, one: KeptActivation, at: Date): Promise<void> {
  await store.query(
    `INSERT INTO routing_activation (tenant, policy, stable, candidate, steps, sticky_by, change_id, attempt, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (tenant, policy) DO UPDATE SET stable = $3, candidate = $4, steps = $5, sticky_by = $6, change_id = $7,
       attempt = $8, updated_at = $9`,
    [
      ...[tenant, one.policy, one.stable ?? null, one.candidate ?? null, JSON.stringify(one.steps), one.stickyBy],
      ...[one.changeId, one.attempt, at],
    ],
  );
  await raiseRevision(store);
}

/** Everything that serves, of every tenant, with the versions that are named. */
export async function listLive(store: Store): Promise<LivePolicy[]> {
  const rows = await store.query<ActivationRow & { tenant: string; versions: LiveVersion[] }>(
    `SELECT tenant, ${activationColumns},
       (SELECT jsonb_agg(jsonb_build_object('version', v.version, 'position', v.position, 'content', v.content))
        FROM routing_version v
        WHERE v.tenant = a.tenant AND v.policy = a.policy AND v.version IN (a.stable, a.candidate)) AS versions
     FROM routing_activation a WHERE stable IS NOT NULL OR candidate IS NOT NULL LIMIT 50000`,
  );
  return rows.map((row) => ({
    tenant: row.tenant,
    policy: row.policy,
    activation: activationFrom(row),
    versions: row.versions ?? [],
  }));
}

/**
 * Contents of the tenant's versions that serve or are on their way, and of those among the named ones; the latter may be of the
 * configuration too.
 */
export async function chosenFrom(
  store: Store,
  tenant: string,
  named: readonly { policy: string; version: string }[],
): Promise<Policy[]> {
  const rows = await store.query<{ content: Policy }>(
    `SELECT v.content FROM routing_version v LEFT JOIN routing_activation a ON a.tenant = v.tenant AND a.policy = v.policy
     WHERE v.tenant IN ($1, $2) AND (v.version IN (a.stable, a.candidate) OR (v.policy, v.version) IN
       (SELECT * FROM unnest($3::text[], $4::text[]))) ORDER BY v.policy, v.number LIMIT 5000`,
    [tenant, everyTenant, named.map(({ policy }) => policy), named.map(({ version }) => version)],
  );
  return rows.map(({ content }) => content);
}

/** Gateways look at this number each second and take over what has changed. */
async function raiseRevision(store: Store): Promise<void> {
  await store.query('UPDATE gateway_revision SET revision = revision + 1');
}

export async function revisionOf(store: Store): Promise<string> {
  const rows = await store.query<{ revision: string }>('SELECT revision::text AS revision FROM gateway_revision');
  return rows[0]?.revision ?? '0';
}

function activationFrom(row: ActivationRow): KeptActivation {
  return {
    policy: row.policy,
    ...(row.stable === null ? {} : { stable: row.stable }),
    ...(row.candidate === null ? {} : { candidate: row.candidate }),
    steps: row.steps,
    stickyBy: row.stickyBy,
    changeId: Number(row.changeId),
    attempt: row.attempt,
  };
}
