import type { ObjectRef } from '../kubernetes/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Cause } from './cause-patterns.ts';
import type { Trouble } from './trouble.ts';

export const verdicts = ['waiting', 'observed', 'proposed', 'acted', 'advised', 'leak', 'held'] as const;
export type Verdict = (typeof verdicts)[number];

export interface IncidentKey {
  tenant: string;
  cluster: string;
  ref: ObjectRef;
  container: string;
  trouble: Trouble;
  revision: string;
}

export interface Incident extends IncidentKey {
  id: number;
  region: string;
  cause: Cause;
  pattern: string | null;
  evidence: string | null;
  crashes: number;
  pods: number;
  verdict: Verdict;
  why: string;
  changeId: number | null;
  firstAt: Date;
  lastAt: Date;
  closedAt: Date | null;
  told: string | null;
}

type Raw = Omit<Incident, 'id' | 'changeId'> & { id: string; changeId: string | null };

const columns = `id, tenant, region, cluster, container, trouble, revision, cause, pattern, evidence, crashes, pods, verdict, why,
  jsonb_build_object('apiVersion', api_version, 'kind', kind, 'namespace', namespace, 'name', name) AS ref,
  change_id AS "changeId", first_at AS "firstAt", last_at AS "lastAt", closed_at AS "closedAt", told`;

const typed = (raw: Raw): Incident => ({
  ...raw,
  id: Number(raw.id),
  changeId: raw.changeId === null ? null : Number(raw.changeId),
});

/** Opens the incident, or notes that it goes on; resolves with it as it stood before. */
export async function seeIncident(
  store: Store,
  key: IncidentKey,
  seen: { region: string; crashes: number; pods: number; at: Date },
): Promise<Incident> {
  const { tenant, cluster, ref, container, trouble, revision } = key;
  const at = [tenant, cluster, ref.namespace, ref.kind, ref.name, container, trouble, revision];
  const where = `tenant = $1 AND cluster = $2 AND namespace = $3 AND kind = $4 AND name = $5 AND container = $6
    AND trouble = $7 AND revision = $8 AND closed_at IS NULL`;
  await store.query(
    `INSERT INTO healing_incident (tenant, cluster, namespace, kind, name, container, trouble, revision, region, api_version,
       cause, crashes, pods, verdict, why, first_at, last_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'program', 0, $11, 'waiting', 'It was seen just now.', $12, $12)
     ON CONFLICT DO NOTHING`,
    [...at, seen.region, ref.apiVersion, seen.pods, seen.at],
  );
  const [before] = await store.query<Raw>(`SELECT ${columns} FROM healing_incident WHERE ${where}`, at);
  await store.query(
    `UPDATE healing_incident SET last_at = $9, crashes = greatest(crashes, $10), pods = $11 WHERE ${where}`,
    [...at, seen.at, seen.crashes, seen.pods],
  );
  if (!before) throw new Error('an incident was closed while it was looked at');
  return typed(before);
}

export async function noteFinding(
  store: Store,
  id: number,
  finding: { cause: Cause; pattern: string; evidence: string },
): Promise<void> {
  await store.query('UPDATE healing_incident SET cause = $2, pattern = $3, evidence = $4 WHERE id = $1', [
    id,
    finding.cause,
    finding.pattern,
    finding.evidence,
  ]);
}

export async function noteVerdict(
  store: Store,
  id: number,
  verdict: { verdict: Verdict; why: string; changeId?: number },
): Promise<void> {
  await store.query(
    'UPDATE healing_incident SET verdict = $2, why = $3, change_id = coalesce($4, change_id) WHERE id = $1',
    [id, verdict.verdict, verdict.why.slice(0, 1_000), verdict.changeId ?? null],
  );
}

export async function noteTold(store: Store, id: number, told: string): Promise<void> {
  await store.query('UPDATE healing_incident SET told = $2 WHERE id = $1', [id, told]);
}

/** Ends what was not seen since. */
export async function closeIncidents(
  store: Store,
  of: { tenant: string; cluster: string },
  notSince: Date,
  at: Date,
): Promise<void> {
  await store.query(
    'UPDATE healing_incident SET closed_at = $4 WHERE tenant = $1 AND cluster = $2 AND closed_at IS NULL AND last_at < $3',
    [of.tenant, of.cluster, notSince, at],
  );
}

/** Incidents of a cluster that are open or ended lately: those whose Change may have moved. */
export async function recentIncidents(
  store: Store,
  of: { tenant: string; cluster: string },
  since: Date,
): Promise<Incident[]> {
  const rows = await store.query<Raw>(
    `SELECT ${columns} FROM healing_incident
     WHERE tenant = $1 AND cluster = $2 AND (closed_at IS NULL OR closed_at >= $3) ORDER BY id DESC LIMIT 1000`,
    [of.tenant, of.cluster, since],
  );
  return rows.map(typed);
}

export async function listIncidents(
  store: Store,
  query: {
    tenant: string;
    regions: readonly string[] | 'all';
    from: Date;
    to: Date;
    cluster?: string | undefined;
    workload?: string | undefined;
    trouble?: Trouble | undefined;
    verdict?: Verdict | undefined;
    state?: 'open' | 'closed' | undefined;
    limit: number;
  },
): Promise<Incident[]> {
  const rows = await store.query<Raw>(
    `SELECT ${columns} FROM healing_incident
     WHERE tenant = $1 AND ($2::text[] IS NULL OR region = ANY ($2)) AND last_at >= $3 AND first_at < $4
       AND ($5::text IS NULL OR cluster = $5) AND ($6::text IS NULL OR namespace || '/' || name = $6)
       AND ($7::text IS NULL OR trouble = $7) AND ($8::text IS NULL OR verdict = $8)
       AND ($9::text IS NULL OR (closed_at IS NULL) = ($9 = 'open'))
     ORDER BY last_at DESC, id DESC LIMIT $10`,
    [
      query.tenant,
      query.regions === 'all' ? null : query.regions,
      query.from,
      query.to,
      query.cluster ?? null,
      query.workload ?? null,
      query.trouble ?? null,
      query.verdict ?? null,
      query.state ?? null,
      query.limit,
    ],
  );
  return rows.map(typed);
}
