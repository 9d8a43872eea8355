import type { Store } from '../platform/store/index.ts';
import type { Rule, StoredRule } from './contract.ts';

interface Row {
  id: string;
  name: string;
  rule: Rule;
  origin: 'api' | 'file';
  version: number;
  updated_by: string;
  updated_at: Date;
}

const columns = 'id, name, rule, origin, version, updated_by, updated_at';

function stored({ id, rule, origin, version, updated_by, updated_at }: Row): StoredRule {
  return {
    ...rule,
    enabled: rule.enabled !== false,
    id: Number(id),
    version,
    origin,
    updatedBy: updated_by,
    updatedAt: updated_at.toISOString(),
  };
}

export async function listRules(store: Store, tenant: string): Promise<StoredRule[]> {
  const rows = await store.query<Row>(
    `SELECT ${columns} FROM allocation_rule WHERE tenant = $1 ORDER BY target, position, name`,
    [tenant],
  );
  return rows.map(stored);
}

export async function countRules(store: Store, tenant: string): Promise<number> {
  const [row] = await store.query<{ n: number }>('SELECT count(*)::int AS n FROM allocation_rule WHERE tenant = $1', [
    tenant,
  ]);
  return row?.n ?? 0;
}

/** Holds the row until the transaction ends. */
export async function findRule(store: Store, tenant: string, id: number): Promise<StoredRule | undefined> {
  const [row] = await store.query<Row>(
    `SELECT ${columns} FROM allocation_rule WHERE tenant = $1 AND id = $2 FOR UPDATE`,
    [tenant, id],
  );
  return row && stored(row);
}

/** Undefined where the name is taken. */
export async function insertRule(
  store: Store,
  { tenant, rule, origin, by, at }: { tenant: string; rule: Rule; origin: 'api' | 'file'; by: string; at: Date },
): Promise<StoredRule | undefined> {
  const [row] = await store.query<Row>(
    `INSERT INTO allocation_rule (tenant, name, target, position, rule, origin, updated_by, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, name) DO NOTHING RETURNING ${columns}`,
    [tenant, rule.name, rule.target, rule.position, JSON.stringify(rule), origin, by, at],
  );
  return row && stored(row);
}

/** Undefined where another rule has the name. */
export async function updateRule(
  store: Store,
  { tenant, id, rule, by, at }: { tenant: string; id: number; rule: Rule; by: string; at: Date },
): Promise<StoredRule | undefined> {
  const [row] = await store.query<Row>(
    `UPDATE allocation_rule SET name = $3, target = $4, position = $5, rule = $6, version = version + 1,
            updated_by = $7, updated_at = $8
     WHERE tenant = $1 AND id = $2
       AND NOT EXISTS (SELECT 1 FROM allocation_rule o WHERE o.tenant = $1 AND o.name = $3 AND o.id <> $2)
     RETURNING ${columns}`,
    [tenant, id, rule.name, rule.target, rule.position, JSON.stringify(rule), by, at],
  );
  return row && stored(row);
}

export async function deleteRule(store: Store, tenant: string, id: number): Promise<void> {
  await store.query('DELETE FROM allocation_rule WHERE tenant = $1 AND id = $2', [tenant, id]);
}
