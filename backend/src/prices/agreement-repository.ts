import type { Store } from '../platform/store/index.ts';
import type { Commitment, Discount } from './price-entry.ts';
import { numberOf, type Actor } from './price-repository.ts';

type Agreed<T> = Omit<T, 'validFrom' | 'validTo'> & { validFrom: Date; validTo: Date | null };

export async function loadDiscounts(store: Store, tenant: string): Promise<(Discount & { source: string })[]> {
  const rows = await store.query<Agreed<Discount> & { source: string }>(
    `SELECT 'd' || id AS id, tenant, kind, provider, item, trim_scale(percent)::text AS percent,
       valid_from AS "validFrom", valid_to AS "validTo", source, note
     FROM price_discount WHERE tenant IN ('', $1) ORDER BY id`,
    [tenant],
  );
  return rows.map((row) => ({
    ...row,
    validFrom: row.validFrom.toISOString(),
    validTo: row.validTo?.toISOString() ?? null,
  }));
}

export async function loadCommitments(store: Store, tenant: string): Promise<(Commitment & { source: string })[]> {
  const rows = await store.query<
    Omit<Commitment, 'validFrom' | 'validTo'> & { validFrom: Date; validTo: Date; source: string }
  >(
    `SELECT 'c' || id AS id, tenant, type, kind, provider, item, trim_scale(amount)::text AS amount, currency,
       trim_scale(units)::text AS units, prepaid, valid_from AS "validFrom", valid_to AS "validTo", source, note
     FROM price_commitment WHERE tenant IN ('', $1) ORDER BY id`,
    [tenant],
  );
  return rows.map((row) => ({ ...row, validFrom: row.validFrom.toISOString(), validTo: row.validTo.toISOString() }));
}

export async function insertDiscount(
  tx: Store,
  discount: Omit<Discount, 'id'> & { source: 'manual' | 'yaml' },
  by: Actor,
  at: Date,
): Promise<string> {
  const rows = await tx.query<{ id: string }>(
    `INSERT INTO price_discount (tenant, kind, provider, item, percent, valid_from, valid_to, source, note, created_at,
       created_by_id, created_by_name)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING 'd' || id AS id`,
    [
      discount.tenant,
      discount.kind,
      discount.provider,
      discount.item,
      discount.percent,
      discount.validFrom,
      discount.validTo,
      discount.source,
      discount.note,
      at,
      by.id,
      by.name,
    ],
  );
  return rows[0]!.id;
}

export async function insertCommitment(
  tx: Store,
  commitment: Omit<Commitment, 'id'> & { source: 'manual' | 'yaml' },
  by: Actor,
  at: Date,
): Promise<string> {
  const rows = await tx.query<{ id: string }>(
    `INSERT INTO price_commitment (tenant, type, kind, provider, item, amount, currency, units, prepaid, valid_from,
       valid_to, source, note, created_at, created_by_id, created_by_name)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING 'c' || id AS id`,
    [
      commitment.tenant,
      commitment.type,
      commitment.kind,
      commitment.provider,
      commitment.item,
      commitment.amount,
      commitment.currency,
      commitment.units,
      commitment.prepaid,
      commitment.validFrom,
      commitment.validTo,
      commitment.source,
      commitment.note,
      at,
      by.id,
      by.name,
    ],
  );
  return rows[0]!.id;
}

/** Ends an agreement of the tenant at an instant, or at its beginning where that is later. False where there is none. */
export async function endAgreement(tx: Store, tenant: string, id: string, to: string): Promise<boolean> {
  const table = id.startsWith('d') ? 'price_discount' : 'price_commitment';
  const rows = await tx.query(
    `UPDATE ${table} SET valid_to = greatest(valid_from, $3::timestamptz)
     WHERE tenant = $1 AND id = $2 AND (valid_to IS NULL OR valid_to > $3::timestamptz) RETURNING id`,
    [tenant, numberOf(id), to],
  );
  return rows.length === 1;
}
