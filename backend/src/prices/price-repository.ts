import type { Store } from '../platform/store/index.ts';
import type { PriceEntry, PriceKey, PriceSource } from './price-entry.ts';

export interface Actor {
  id: string;
  name: string;
}

/** An entry with the record of who made and closed it. */
export interface KeptPrice extends PriceEntry {
  createdAt: string;
  createdBy: Actor;
  closedAt: string | null;
  closedBy: Actor | null;
  closeReason: string;
  supersedes: string | null;
}

/** A version that is about to be kept. */
export type NewVersion = Omit<PriceEntry, 'id'> & { supersedes?: string };

/** The beginning of an entry that holds since always. */
export const always = '1970-01-01T00:00:00.000Z';

interface Row {
  id: string;
  tenant: string;
  kind: PriceEntry['kind'];
  provider: string;
  item: string;
  region: string;
  purchase: PriceEntry['purchase'];
  unit: string;
  currency: string;
  unitPrice: string | null;
  components: PriceEntry['components'];
  validFrom: Date;
  validTo: Date | null;
  source: PriceSource;
  sourceKey: string;
  note: string;
}

interface KeptRow extends Row {
  createdAt: Date;
  createdBy: Actor;
  closedAt: Date | null;
  closedBy: Actor | null;
  closeReason: string;
  supersedes: string | null;
}

const columns = `id, tenant, kind, provider, item, region, purchase, unit, currency,
  trim_scale(unit_price)::text AS "unitPrice", components, valid_from AS "validFrom", valid_to AS "validTo", source,
  source_key AS "sourceKey", note`;
const keptColumns = `${columns}, created_at AS "createdAt",
  jsonb_build_object('id', created_by_id, 'name', created_by_name) AS "createdBy", closed_at AS "closedAt",
  CASE WHEN closed_at IS NOT NULL THEN jsonb_build_object('id', closed_by_id, 'name', closed_by_name) END AS "closedBy",
  close_reason AS "closeReason", supersedes`;

/** `p41` → 41 */
export function numberOf(id: string): string {
  return id.slice(1);
}

function entryOf(row: Row): PriceEntry {
  const { id, unitPrice, validFrom, validTo, ...rest } = row;
  return {
    ...rest,
    id: `p${id}`,
    ...(unitPrice === null ? {} : { unitPrice }),
    validFrom: validFrom.toISOString(),
    validTo: validTo?.toISOString() ?? null,
  };
}

function keptOf(row: KeptRow): KeptPrice {
  const { createdAt, createdBy, closedAt, closedBy, closeReason, supersedes, ...rest } = row;
  return {
    ...entryOf(rest),
    createdAt: createdAt.toISOString(),
    createdBy,
    closedAt: closedAt?.toISOString() ?? null,
    closedBy,
    closeReason,
    supersedes: supersedes === null ? null : `p${supersedes}`,
  };
}

/** Everything that was ever in effect for a tenant: its own and the shared prices. */
export async function loadPrices(store: Store, tenant: string): Promise<PriceEntry[]> {
  const rows = await store.query<Row>(
    `SELECT ${columns} FROM price_entry
     WHERE tenant IN ('', $1) AND (valid_to IS NULL OR valid_to > valid_from) ORDER BY id`,
    [tenant],
  );
  return rows.map(entryOf);
}

/** Of exactly this tenant, of one source; what has no time in effect is left out. */
export async function loadOwnPrices(store: Store, tenant: string): Promise<PriceEntry[]> {
  const rows = await store.query<Row>(
    `SELECT ${columns} FROM price_entry
     WHERE tenant = $1 AND (valid_to IS NULL OR valid_to > valid_from) ORDER BY id`,
    [tenant],
  );
  return rows.map(entryOf);
}

export async function findPrice(store: Store, tenant: string, id: string): Promise<KeptPrice | undefined> {
  const rows = await store.query<KeptRow>(
    `SELECT ${keptColumns} FROM price_entry WHERE id = $2 AND tenant IN ('', $1)`,
    [tenant, numberOf(id)],
  );
  return rows[0] && keptOf(rows[0]);
}

/** Every version of a name that the tenant sees, newest first; at most 200. */
export async function listVersions(store: Store, tenant: string, key: PriceKey): Promise<PriceEntry[]> {
  const rows = await store.query<Row>(
    `SELECT ${columns} FROM price_entry
     WHERE tenant IN ('', $1) AND kind = $2 AND provider = $3 AND lower(item) = lower($4) AND lower(region) = lower($5)
       AND purchase = $6
     ORDER BY id DESC LIMIT 200`,
    [tenant, key.kind, key.provider, key.item, key.region, key.purchase],
  );
  return rows.map(entryOf);
}

export interface PriceFilter {
  tenant: string;
  kind?: string;
  provider?: string;
  source?: string;
  search?: string;
  /** Absent: every version. */
  at?: string;
}

const filterSql = `tenant IN ('', $1) AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR provider = $3)
  AND ($4::text IS NULL OR source = $4)
  AND ($5::text IS NULL OR position(lower($5) IN lower(concat_ws(' ', provider, item, region))) > 0)
  AND ($6::timestamptz IS NULL OR (valid_from <= $6 AND (valid_to IS NULL OR valid_to > $6)))`;

function filterParams(filter: PriceFilter): unknown[] {
  const { tenant, kind, provider, source, search, at } = filter;
  return [tenant, kind ?? null, provider ?? null, source ?? null, search ?? null, at ?? null];
}

export async function listPrices(
  store: Store,
  filter: PriceFilter,
  page: { offset: number; limit: number },
): Promise<PriceEntry[]> {
  const rows = await store.query<Row>(
    `SELECT ${columns} FROM price_entry WHERE ${filterSql}
     ORDER BY kind, provider, lower(item), region, purchase, tenant DESC, id DESC OFFSET $7 LIMIT $8`,
    [...filterParams(filter), page.offset, page.limit],
  );
  return rows.map(entryOf);
}

/** How many prices of each provider and kind the filter leaves. */
export async function countPrices(
  store: Store,
  filter: PriceFilter,
): Promise<{ provider: string; kind: PriceEntry['kind']; prices: number }[]> {
  return store.query(
    `SELECT provider, kind, count(*)::int AS prices FROM price_entry WHERE ${filterSql}
     GROUP BY provider, kind ORDER BY kind, provider`,
    filterParams(filter),
  );
}

/** Writes of one tenant's book come one after the other until the transaction ends. */
export async function lockBook(tx: Store, tenant: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('prices:' || $1, 0))`, [tenant]);
}

/** Ids in the order of `versions`. */
export async function insertPrices(tx: Store, versions: readonly NewVersion[], by: Actor, at: Date): Promise<string[]> {
  const ids: string[] = [];
  for (let first = 0; first < versions.length; first += 500) {
    const batch = versions.slice(first, first + 500).map(({ supersedes, ...version }, place) => ({
      ...version,
      place,
      supersedes: supersedes === undefined ? null : numberOf(supersedes),
    }));
    const rows = await tx.query<{ id: string }>(
      `INSERT INTO price_entry (tenant, kind, provider, item, region, purchase, unit, currency, unit_price, components,
         valid_from, valid_to, source, source_key, note, supersedes, created_at, created_by_id, created_by_name)
       SELECT tenant, kind, provider, item, region, purchase, unit, currency, "unitPrice"::numeric, components,
         "validFrom", "validTo", source, "sourceKey", note, supersedes, $2, $3, $4
       FROM jsonb_to_recordset($1::jsonb) AS new(place int, tenant text, kind text, provider text, item text, region text,
         purchase text, unit text, currency text, "unitPrice" text, components jsonb, "validFrom" timestamptz,
         "validTo" timestamptz, source text, "sourceKey" text, note text, supersedes bigint)
       ORDER BY place RETURNING id`,
      [JSON.stringify(batch), at, by.id, by.name],
    );
    ids.push(...rows.map(({ id }) => `p${id}`));
  }
  return ids;
}

/** Ends versions at `to`, or at their beginning where that is later; those closed before stay as they are. */
export async function closePrices(
  tx: Store,
  ids: readonly string[],
  close: { to: string; reason: string; by: Actor; at: Date },
): Promise<number> {
  const rows = await tx.query(
    `UPDATE price_entry SET valid_to = least(coalesce(valid_to, 'infinity'), greatest(valid_from, $2::timestamptz)),
       closed_at = $3, closed_by_id = $4, closed_by_name = $5, close_reason = $6
     WHERE id = ANY ($1::bigint[]) AND closed_at IS NULL RETURNING id`,
    [ids.map(numberOf), close.to, close.at, close.by.id, close.by.name, close.reason],
  );
  return rows.length;
}

/** Tells the snapshots of the tenant (of all tenants, for the shared book) that they are old. */
export async function raiseVersion(tx: Store, tenant: string): Promise<void> {
  await tx.query(
    `INSERT INTO price_version (tenant, version) VALUES ($1, 1)
     ON CONFLICT (tenant) DO UPDATE SET version = price_version.version + 1`,
    [tenant],
  );
}

/** Changes whenever what the tenant sees changes. */
export async function bookVersion(store: Store, tenant: string): Promise<string> {
  const rows = await store.query<{ version: string }>(
    `SELECT coalesce(string_agg(version::text, '.' ORDER BY tenant), '0') AS version FROM price_version
     WHERE tenant IN ('', $1)`,
    [tenant],
  );
  return rows[0]?.version ?? '0';
}

export async function insertImport(
  tx: Store,
  kept: { tenant: string; format: string; contentHash: string; report: unknown; by: Actor; at: Date },
): Promise<number> {
  const rows = await tx.query<{ id: string }>(
    `INSERT INTO price_import (tenant, format, content_hash, report, imported_at, imported_by_id, imported_by_name)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
    [kept.tenant, kept.format, kept.contentHash, JSON.stringify(kept.report), kept.at, kept.by.id, kept.by.name],
  );
  return Number(rows[0]?.id);
}

/** The latest imports, newest first. */
export async function listImports<Report>(
  store: Store,
  tenant: string,
): Promise<{ id: number; format: string; importedAt: Date; importedBy: Actor; report: Report }[]> {
  const rows = await store.query<{ id: string; format: string; importedAt: Date; importedBy: Actor; report: Report }>(
    `SELECT id, format, imported_at AS "importedAt",
       jsonb_build_object('id', imported_by_id, 'name', imported_by_name) AS "importedBy", report
     FROM price_import WHERE tenant = $1 ORDER BY id DESC LIMIT 20`,
    [tenant],
  );
  return rows.map((row) => ({ ...row, id: Number(row.id) }));
}
