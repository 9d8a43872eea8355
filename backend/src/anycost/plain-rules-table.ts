import type { Warehouse } from '../platform/warehouse/index.ts';
import { chargeColumns } from './charge-columns.ts';
import { withBothNames } from './charge-names.ts';
import type { RowRules } from './ports.ts';
import { keyColumn, plainColumn, quoted, type TextsByName } from './plain-sql.ts';
import { textLines, type Staging } from './staging-reader.ts';
import { businessDimensions, parseTags } from './tags.ts';

/** Combinations of tags and columns of one file that the rules are asked about; beyond, every row is asked for itself. */
const maxCombinations = 100_000;
const unguarded = { max_bytes_to_read: 0 };

/** What the rules make of each combination of tags and of the columns that they read, as a table to join with. */
export interface Combined {
  /** Quoted name; its column `key` is that of the staged rows. */
  table: string;
  /** Columns that come from the table and not from the file. */
  columns: readonly string[];
  drop(): Promise<void>;
}

/** Name of the column of the joined table that holds what the rules made of `name`. */
export function combinedColumn(name: string): string {
  return quoted(`to:${name}`);
}

/**
 * Asks the rules once for each combination. One whose tags cannot be read, or which the rules change in another column, is
 * left out: its rows are mapped one by one.
 * @param keyed names of the columns of the file that the key is made of
 * @returns undefined where there are too many combinations
 */
export async function combineRules(
  { warehouse, rules }: { warehouse: Warehouse; rules: RowRules },
  staging: Staging,
  keyed: readonly string[],
  texts: TextsByName,
  source: string,
): Promise<Combined | undefined> {
  const counted = await warehouse.query<{ n: string }>(
    `SELECT toString(uniqExact(${quoted(keyColumn)})) AS n FROM ${staging.table} WHERE ${quoted(plainColumn)} = 1`,
    { timeoutMs: 600_000, settings: unguarded },
  );
  if (Number(counted.rows[0]?.n) > maxCombinations) return undefined;
  const columns = [...new Set([...businessDimensions, ...(rules.reads ?? [])])].filter(
    (name) => chargeColumns.get(name) === 'text',
  );
  const name = `${staging.table.replaceAll('`', '')}_combined`;
  const drop = () => warehouse.command(`DROP TABLE IF EXISTS ${quoted(name)} SYNC`);
  const definitions = [
    'hexKey String',
    'key FixedString(16) MATERIALIZED unhex(hexKey)',
    ...['Tags', 'x_TagSource'].map((map) => `${combinedColumn(map)} Map(String, String)`),
    ...columns.map((column) => `${combinedColumn(column)} String`),
  ];
  await warehouse.command(
    `CREATE TABLE ${quoted(name)} (${definitions.join(', ')}) ENGINE = MergeTree ORDER BY hexKey`,
  );
  try {
    const rows = combinedRows(readCombinations(warehouse, staging, keyed, texts), columns, rules, source);
    const first = await rows.next();
    if (!first.done) await warehouse.insert(name, chained(first.value, rows));
  } catch (error) {
    await drop();
    throw error;
  }
  return { table: quoted(name), columns, drop };
}

type Values = Readonly<Record<string, string>>;

async function* combinedRows(
  combinations: AsyncIterable<{ key: string; values: Values }>,
  columns: readonly string[],
  rules: RowRules,
  source: string,
): AsyncGenerator<object> {
  for await (const { key, values } of combinations) {
    const enriched = enrich(values, columns, rules, source);
    if (enriched === undefined) continue;
    yield {
      hexKey: key,
      'to:Tags': enriched.tags,
      'to:x_TagSource': enriched.tagSource,
      ...Object.fromEntries(columns.map((name) => [`to:${name}`, enriched.columns[name] ?? ''])),
    };
  }
}

async function* chained(first: object, rest: AsyncGenerator<object>): AsyncGenerator<object> {
  yield first;
  yield* rest;
}

/** @returns undefined where the rows of this combination have to be looked at one by one */
function enrich(
  { Tags = '', ...values }: Values,
  columns: readonly string[],
  rules: RowRules,
  source: string,
): ReturnType<RowRules['enrich']> | undefined {
  const parsed = Tags === '' ? ({ ok: true, tags: {} } as const) : parseTags(Tags);
  if (!parsed.ok) return undefined;
  const given = withBothNames(Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')));
  const enriched = rules.enrich({ columns: { ...given }, tags: parsed.tags }, source);
  const names = new Set([...Object.keys(given), ...Object.keys(enriched.columns)]);
  const elsewhere = [...names].some(
    (name) => !columns.includes(name) && (enriched.columns[name] ?? '') !== (given[name] ?? ''),
  );
  return elsewhere ? undefined : enriched;
}

async function* readCombinations(
  warehouse: Warehouse,
  staging: Staging,
  keyed: readonly string[],
  texts: TextsByName,
): AsyncGenerator<{ key: string; values: Values }> {
  const selected = [`hex(${quoted(keyColumn)})`, ...keyed.map((name) => `any(${texts.get(name)})`)];
  const sql = `SELECT ${selected.join(', ')} FROM ${staging.table}
    WHERE ${quoted(plainColumn)} = 1 GROUP BY ${quoted(keyColumn)}`;
  const bytes = await warehouse.exportRaw(sql, 'JSONCompactEachRow', { settings: unguarded });
  for await (const line of textLines(bytes)) {
    const [key = '', ...values] = JSON.parse(line) as string[];
    yield { key, values: Object.fromEntries(keyed.map((name, index) => [name, values[index] ?? ''])) };
  }
}
