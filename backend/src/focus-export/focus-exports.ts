import { createGzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { dropsOf, selectionSql, type Selection } from '../cost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import type { FocusVersion } from './contract.ts';
import { countQuery, csvQuery, decimals, parentsQuery, parquetQuery, sizeQuery, type Parents } from './focus-sql.ts';

export type FocusFormat = 'csv' | 'csv.gz' | 'parquet';
export const focusTypes: Readonly<Record<FocusFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  'csv.gz': 'application/gzip',
  parquet: 'application/vnd.apache.parquet',
};

/** What is known of an export before its first byte. */
export interface FocusPlan {
  version: FocusVersion;
  format: FocusFormat;
  rows: number;
  where: string;
  params: Record<string, unknown>;
  parents: Parents;
  /** Parquet type of each decimal column. */
  types: ReadonlyMap<string, string>;
}

const planMs = 120_000;
const exportMs = 30 * 60_000;
/** Services, and SKU prices, whose parent is settled for the whole data set; bills with more of them are odd. */
const maxParents = 2_000;
const settings = {
  format_csv_null_representation: '',
  output_format_parquet_row_group_size: 50_000,
  output_format_parquet_string_as_string: 1,
  output_format_parquet_compression_method: 'zstd',
  // The lists of categories and of settled parents stand in the statement.
  max_query_size: 4 * 1024 * 1024,
  max_ast_elements: 500_000,
  max_expanded_ast_elements: 2_000_000,
};

/** Plans an export: which bills count, how many rows, what the whole data set must agree on, how wide its decimals are. */
export async function planFocus(
  warehouse: Warehouse,
  asked: { version: FocusVersion; format: FocusFormat; selection: Selection },
  scope: Scope,
  signal?: AbortSignal,
): Promise<FocusPlan> {
  const { version, format, selection } = asked;
  const drops = await dropsOf(warehouse, selection, scope, signal);
  const { where, params } = selectionSql(selection, drops, 'ChargePeriodStart');
  const options = { params, scope, settings, timeoutMs: planMs, ...(signal ? { signal } : {}) };
  const { rows: found } = await warehouse.query<{ kind: string; value: string; parent: string }>(
    parentsQuery(where, maxParents),
    options,
  );
  const of = (kind: string) =>
    found.filter((row) => row.kind === kind).map(({ value, parent }) => [value, parent] as const);
  const parents = { categories: of('categories'), skus: of('skus'), units: of('units') };
  // Only Parquet needs to know how wide the decimals are.
  const sizeSql = format === 'parquet' ? sizeQuery(version, where, parents) : countQuery(where);
  const { rows } = await warehouse.query<Record<string, string | number>>(sizeSql, options);
  const size = rows[0] ?? {};
  return { version, format, rows: Number(size['rows'] ?? 0), where, params, parents, types: typesOf(version, size) };
}

/**
 * The smallest decimal type of each column that loses nothing: 38 digits with 18 places, else with 30, else all 76 that the
 * warehouse has (which fewer readers know).
 */
function typesOf(version: FocusVersion, size: Record<string, string | number>): Map<string, string> {
  return new Map(
    decimals(version).map(({ name }) => {
      if (Number(size[`${name}_18`]) === 1) return [name, 'Decimal(38, 18)'];
      return [name, Number(size[`${name}_30`]) === 1 ? 'Decimal(38, 30)' : 'Decimal(76, 30)'];
    }),
  );
}

/** The bytes of a planned export as they come out of the warehouse; nothing is held. */
export async function focusBytes(
  warehouse: Warehouse,
  plan: FocusPlan,
  scope: Scope,
  signal?: AbortSignal,
): Promise<Readable> {
  const { version, format, where, parents, params } = plan;
  const options = { params, scope, settings, timeoutMs: exportMs, ...(signal ? { signal } : {}) };
  if (format === 'parquet')
    return warehouse.exportRaw(parquetQuery(version, where, parents, plan.types), 'Parquet', options);
  const csv = await warehouse.exportRaw(csvQuery(version, where, parents), 'CSVWithNames', options);
  if (format === 'csv') return csv;
  const gzip = createGzip({ level: 6 });
  // pipeline() hands an error of the source on to the reader, and a reader that goes away on to the source.
  pipeline(csv, gzip, () => undefined);
  return gzip;
}
