import { factColumns, isRepetitive, originColumns, renamedColumns } from './charge-columns.ts';
import { knownCurrencies } from './currency.ts';
import type { DropTally } from './drop-tally.ts';
import { focusConnector } from './focus-connector.ts';
import { parseHeader } from './focus-columns.ts';
import type { KeptFile } from './ingest.ts';
import type { IngestLoad } from './load-ingest.ts';
import { loadMapped } from './load-mapped.ts';
import {
  instantOf,
  keyColumn,
  literal,
  periodColumn,
  plainColumn,
  plainSql,
  presentText,
  quoted,
  valuesSql,
  type TextsByName,
} from './plain-sql.ts';
import { combinedColumn, combineRules, type Combined } from './plain-rules-table.ts';
import type { Staging } from './staging-reader.ts';
import { businessDimensions } from './tags.ts';

/** Lines of one INSERT: between two of them progress is told and a stop is noticed. */
const windowLines = 500_000;
const settings = {
  max_partitions_per_insert_block: 0,
  insert_deduplicate: 0,
  max_bytes_to_read: 0,
  // Larger blocks: the views group fewer of them, a fifth less CPU. The engine holds one for each thread.
  min_insert_block_size_bytes: 512 * 1024 * 1024,
  max_insert_threads: 2,
};

/**
 * Loads a FOCUS file with the engine: rows that are written plainly are mapped where they lie, in SQL, and only the others go
 * through the mapper, one by one. What each row becomes is the same on both ways; this one is several times as fast.
 * @returns false where the file has to go through the mapper as a whole; nothing was done then
 */
export async function loadPlain(load: IngestLoad, file: KeptFile, staging: Staging): Promise<boolean> {
  const { connector, rules } = load.deps;
  const parsed = staging.header && parseHeader(staging.header);
  if (connector.map !== focusConnector.map || parsed?.ok !== true || rules.reads === undefined) return false;
  const texts: TextsByName = new Map(
    staging.texts.map(({ sql }, index) => [parsed.names[index]!, presentText(sql)] as const),
  );
  const read = [...businessDimensions, ...rules.reads];
  const pairs = renamedColumns.filter((pair) => pair.some((name) => read.includes(name))).flat();
  const keyed = ['Tags', ...new Set([...read, ...pairs])].filter((name) => texts.has(name));
  const computed = [
    { name: plainColumn, type: 'UInt8', sql: plainSql(texts, staging.fault, knownCurrencies) },
    {
      name: keyColumn,
      type: 'FixedString(16)',
      sql: `sipHash128(${keyed.map((name) => texts.get(name)).join(', ') || `''`})`,
    },
    { name: periodColumn, type: 'LowCardinality(String)', sql: `substring(${texts.get('BillingPeriodStart')}, 1, 7)` },
  ];
  await staging.fill(computed, (place) => isRepetitive(parsed.names[place]!));
  const combined = await combineRules(load.deps, staging, keyed, texts, load.ingest.source);
  if (combined === undefined) {
    await loadMapped(load, file, staging);
    return true;
  }
  try {
    const plain = `${quoted(plainColumn)} = 1 AND ${quoted(keyColumn)} IN (SELECT key FROM ${combined.table})`;
    await new PlainLoad(load, file, staging, texts, combined).insert(plain);
    await loadMapped(load, file, staging, `NOT (${plain})`);
  } finally {
    await combined.drop();
  }
  return true;
}

interface PeriodRow {
  period: string;
  lines: string;
  currencies: string[];
  chargeFrom: number;
  chargeLast: number;
  chargeTo: number;
  /** Lines between which they lie. */
  first: number;
  last: number;
}

/** The plain rows of one file. */
class PlainLoad {
  readonly #load: IngestLoad;
  readonly #file: KeptFile;
  readonly #staging: Staging;
  readonly #texts: TextsByName;
  readonly #combined: Combined;

  constructor(load: IngestLoad, file: KeptFile, staging: Staging, texts: TextsByName, combined: Combined) {
    this.#load = load;
    this.#file = file;
    this.#staging = staging;
    this.#texts = texts;
    this.#combined = combined;
  }

  async insert(plain: string): Promise<void> {
    const { counts, deps, ingest } = this.#load;
    const rows = await this.#periods(plain);
    const dropIds = new Map<string, string>();
    for (const row of rows) {
      counts.read += Number(row.lines);
      const drop = await this.#load.dropOf(ingest.period ?? row.period);
      if (drop === undefined) continue;
      dropIds.set(row.period, drop.id);
      countAll(drop, row);
      counts.loaded += Number(row.lines);
    }
    if (dropIds.size === 0) return;
    const sql = this.#insertSql(dropIds);
    const { tenant, region, source } = ingest;
    const last = Math.max(...rows.map((row) => row.last));
    for (let from = Math.min(...rows.map((row) => row.first)); from <= last; from += windowLines) {
      await this.#load.progress();
      const params = { from, to: from + windowLines, tenant, region, source, fileName: this.#file.fileName };
      await deps.warehouse.command(sql, { params, settings });
    }
    await this.#load.progress();
  }

  async #periods(plain: string): Promise<PeriodRow[]> {
    const [start, end] = ['ChargePeriodStart', 'ChargePeriodEnd'].map((name) => instantOf(this.#texts, name));
    const { line, table } = this.#staging;
    const sql = `
      SELECT toString(${quoted(periodColumn)}) AS period, toString(count()) AS lines,
             groupUniqArray(${this.#texts.get('BillingCurrency')}) AS currencies,
             toUnixTimestamp(min(${start})) AS chargeFrom, toUnixTimestamp(max(${start})) AS chargeLast,
             toUnixTimestamp(max(${end})) AS chargeTo,
             toFloat64(min(${line})) AS first, toFloat64(max(${line})) AS last
      FROM ${table} WHERE ${plain} GROUP BY period ORDER BY period`;
    const options = { timeoutMs: 600_000, settings: { max_bytes_to_read: 0 } };
    return (await this.#load.deps.warehouse.query<PeriodRow>(sql, options)).rows;
  }

  #insertSql(dropIds: ReadonlyMap<string, string>): string {
    const ruled = [...this.#combined.columns, 'Tags', 'x_TagSource'].map(
      (name) => [name, `combined.${combinedColumn(name)}`] as const,
    );
    const values = valuesSql(this.#texts, new Map(ruled));
    const [periods, ids] = [[...dropIds.keys()], [...dropIds.values()]].map((list) => list.map(literal).join(', '));
    const period = `toString(${quoted(periodColumn)})`;
    const { line, table } = this.#staging;
    const origin = [
      ...['{tenant:String}', '{region:String}', `toUUID(transform(${period}, [${periods}], [${ids}], ''))`],
      ...['{source:String}', '{fileName:String}', line],
    ];
    const selected = [...origin, ...factColumns.slice(originColumns.length).map((name) => values.get(name)!)];
    return `
      INSERT INTO fact_cost_usage (${factColumns.map(quoted).join(', ')})
      SELECT ${selected.join(', ')}
      FROM ${table} AS staged
      INNER JOIN ${this.#combined.table} AS combined ON staged.${quoted(keyColumn)} = combined.key
      WHERE ${quoted(plainColumn)} = 1 AND ${period} IN (${periods})
        AND ${line} >= {from:UInt64} AND ${line} < {to:UInt64}`;
  }
}

function countAll(drop: DropTally, row: PeriodRow): void {
  drop.rows += Number(row.lines);
  for (const currency of row.currencies) drop.currencies.add(currency);
  drop.chargeFrom = Math.min(drop.chargeFrom, row.chargeFrom);
  drop.chargeLast = Math.max(drop.chargeLast, row.chargeLast);
  drop.chargeTo = Math.max(drop.chargeTo, row.chargeTo);
}
