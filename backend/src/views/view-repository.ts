import { wholeTenant, type KeptScope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import { scopeOf, type KeptView, type Person, type SavedView } from './saved-view.ts';

interface ViewRow extends Omit<SavedView, 'owner' | 'scope' | 'createdAt' | 'updatedAt'> {
  scope: KeptScope | null;
  owner_id: string;
  owner_name: string;
  created_at: Date;
  updated_at: Date;
}

const columns =
  'tenant, id, name, page, params, shared, scope, owner_id, owner_name, origin, version, created_at, updated_at';

function viewOf({ owner_id, owner_name, created_at, updated_at, ...row }: ViewRow): SavedView {
  const scope = row.scope ?? scopeOf(wholeTenant(row.tenant), row, 'all')!;
  return { ...row, scope, owner: { id: owner_id, name: owner_name }, createdAt: created_at, updatedAt: updated_at };
}

/** Shared views of the tenant and those of one owner, by name. */
export async function listViews(
  store: Store,
  query: { tenant: string; ownerId: string; page?: string },
  limit: number,
): Promise<SavedView[]> {
  const rows = await store.query<ViewRow>(
    `SELECT ${columns} FROM saved_view
     WHERE tenant = $1 AND (shared OR owner_id = $2) AND ($3::text IS NULL OR page = $3)
     ORDER BY lower(name), id LIMIT $4`,
    [query.tenant, query.ownerId, query.page ?? null, limit],
  );
  return rows.map(viewOf);
}

/** Views of the configuration, of all tenants. */
export async function listProvisioned(store: Store): Promise<SavedView[]> {
  const rows = await store.query<ViewRow>(`SELECT ${columns} FROM saved_view WHERE origin = 'file'`);
  return rows.map(viewOf);
}

export async function findView(store: Store, tenant: string, id: string): Promise<SavedView | undefined> {
  const [row] = await store.query<ViewRow>(`SELECT ${columns} FROM saved_view WHERE tenant = $1 AND id = $2`, [
    tenant,
    id,
  ]);
  return row && viewOf(row);
}

/** How many views somebody has. */
export async function countViews(store: Store, tenant: string, ownerId: string): Promise<number> {
  const [row] = await store.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM saved_view WHERE tenant = $1 AND owner_id = $2',
    [tenant, ownerId],
  );
  return row?.n ?? 0;
}

/** Writes a view; one of the same id is replaced. The name is free, or a unique violation is thrown. */
export async function keepView(
  store: Store,
  view: KeptView & { tenant: string; id: string; owner: Person; origin: SavedView['origin']; at: Date },
): Promise<void> {
  await store.query(
    `INSERT INTO saved_view (tenant, id, name, page, params, shared, scope, owner_id, owner_name, origin, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $11, $7, $8, $9, $10, $10)
     ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, page = excluded.page, params = excluded.params,
       shared = excluded.shared, scope = excluded.scope, owner_id = excluded.owner_id, owner_name = excluded.owner_name,
       origin = excluded.origin, version = saved_view.version + 1, updated_at = excluded.updated_at`,
    [
      view.tenant,
      view.id,
      view.name,
      view.page,
      JSON.stringify(view.params),
      view.shared,
      view.owner.id,
      view.owner.name,
      view.origin,
      view.at,
      JSON.stringify(view.scope),
    ],
  );
}

/** False where the view is no longer at that version. */
export async function updateView(store: Store, seen: SavedView, content: KeptView, at: Date): Promise<boolean> {
  const rows = await store.query(
    `UPDATE saved_view SET name = $4, page = $5, params = $6, shared = $7, version = version + 1, updated_at = $8, scope = $9
     WHERE tenant = $1 AND id = $2 AND version = $3 RETURNING id`,
    [
      seen.tenant,
      seen.id,
      seen.version,
      content.name,
      content.page,
      JSON.stringify(content.params),
      content.shared,
      at,
      JSON.stringify(content.scope),
    ],
  );
  return rows.length === 1;
}

/** False where the view is no longer at that version. */
export async function deleteView(store: Store, seen: SavedView): Promise<boolean> {
  const rows = await store.query('DELETE FROM saved_view WHERE tenant = $1 AND id = $2 AND version = $3 RETURNING id', [
    seen.tenant,
    seen.id,
    seen.version,
  ]);
  return rows.length === 1;
}
