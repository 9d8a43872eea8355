import type { Store } from '../platform/store/index.ts';
import type { CurrencyRate } from './currency-rate.ts';

/**
 * Rates between the currencies, each pair's from the newest on or before `firstDay` to `lastDay`, of the tenant and shared.
 * A day that both have comes once, as the tenant has it.
 */
export async function loadRates(
  store: Store,
  tenant: string,
  currencies: readonly string[],
  firstDay: string,
  lastDay: string,
): Promise<CurrencyRate[]> {
  return store.query<CurrencyRate>(
    `WITH floor AS (
       SELECT base, quote, max(day) AS first FROM currency_rate
       WHERE tenant IN ('', $1) AND base = ANY ($2) AND quote = ANY ($2) AND day <= $3 GROUP BY base, quote)
     SELECT DISTINCT ON (base, quote, day) base, quote, day::text AS day, trim_scale(rate)::text AS rate, source
     FROM currency_rate LEFT JOIN floor USING (base, quote)
     WHERE tenant IN ('', $1) AND base = ANY ($2) AND quote = ANY ($2) AND day <= $4
       AND day >= coalesce(first, $3::date)
     ORDER BY base, quote, day, tenant DESC`,
    [tenant, currencies, firstDay, lastDay],
  );
}

/** Keeps rates; a day that is there already takes the new rate. Resolves with how many were new or different. */
export async function saveRates(tx: Store, tenant: string, rates: readonly CurrencyRate[]): Promise<number> {
  let changed = 0;
  for (let first = 0; first < rates.length; first += 5_000) {
    const rows = await tx.query(
      `INSERT INTO currency_rate (tenant, base, quote, day, rate, source)
       SELECT $1, base, quote, day, rate, source
       FROM jsonb_to_recordset($2::jsonb) AS new(base text, quote text, day date, rate numeric, source text)
       ON CONFLICT (tenant, base, quote, day) DO UPDATE SET rate = excluded.rate, source = excluded.source
         WHERE currency_rate.rate <> excluded.rate OR currency_rate.source <> excluded.source
       RETURNING 1 AS changed`,
      [tenant, JSON.stringify(rates.slice(first, first + 5_000))],
    );
    changed += rows.length;
  }
  return changed;
}

/** The newest rate of each pair that the tenant sees. */
export async function listNewestRates(store: Store, tenant: string): Promise<(CurrencyRate & { days: number })[]> {
  return store.query(
    `SELECT DISTINCT ON (base, quote) base, quote, day::text AS day, trim_scale(rate)::text AS rate, source,
       (count(*) OVER (PARTITION BY base, quote))::int AS days
     FROM currency_rate WHERE tenant IN ('', $1) ORDER BY base, quote, day DESC, tenant DESC LIMIT 1000`,
    [tenant],
  );
}

export async function hasRates(store: Store, tenant: string): Promise<boolean> {
  const rows = await store.query(`SELECT 1 AS one FROM currency_rate WHERE tenant IN ('', $1) LIMIT 1`, [tenant]);
  return rows.length > 0;
}
