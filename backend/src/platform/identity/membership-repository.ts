import type { Store } from '../store/index.ts';

/** Writes the teams of a person where they changed, or where they were last seen over an hour before. */
export async function saveMembership(
  store: Store,
  tenant: string,
  subject: string,
  teams: readonly string[],
  at: Date,
): Promise<void> {
  await store.query(
    `INSERT INTO grafana_membership AS known (tenant, subject, teams, seen_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant, subject) DO UPDATE SET teams = excluded.teams, seen_at = excluded.seen_at
     WHERE known.teams <> excluded.teams OR known.seen_at < excluded.seen_at - interval '1 hour'`,
    [tenant, subject, teams, at],
  );
}

/** Undefined where the person was never seen in the app. */
export async function findMembership(store: Store, tenant: string, subject: string): Promise<string[] | undefined> {
  const rows = await store.query<{ teams: string[] }>(
    'SELECT teams FROM grafana_membership WHERE tenant = $1 AND subject = $2',
    [tenant, subject],
  );
  return rows[0]?.teams;
}
