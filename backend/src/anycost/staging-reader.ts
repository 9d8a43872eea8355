import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { isAppError } from '../platform/errors/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { billError } from './bill-error.ts';
import type { RawRecord } from './connector.ts';
import { parseRecord } from './json-records.ts';
import { openFile } from './lake-files.ts';
import { nestedText, nestedType, type Nesting } from './nested-sql.ts';
import { readParquetSchema } from './parquet-schema-reader.ts';
import { quoted } from './plain-sql.ts';
import { faultColumn, fileColumn, headerKey, lineColumn, recordColumn, shapeKey, sourceColumn } from './rows-schema.ts';

/** Tables of this name hold the rows of a file while it is loaded; those that a killed process left are removed by age. */
export const stagingPrefix = 'anycost_staging_';
const rowNumber = 'amadeus:row';
/** The table lives for minutes: merging its parts would cost more than it saves. */
const withoutMerges = 'max_bytes_to_merge_at_max_space_in_pool = 1';
/** The guard of people's reads is not for a file that was let in. */
const unguarded = { settings: { max_bytes_to_read: 0 } };

/** A column as it stands in the staging table. */
interface StagedColumn {
  /** As the file's header has it. */
  given: string;
  /** Its quoted name. */
  sql: string;
  /** Where it is no text. */
  nesting?: Nesting;
}

/** What is staged: a rows file of ours whose records are fields or JSON, or a Parquet file as somebody else wrote it. */
interface RowsAbout {
  shape: 'fields' | 'records' | 'foreign';
  columns: StagedColumn[];
  rows: number;
}

async function aboutRows(path: string): Promise<RowsAbout> {
  const { columns, rows, notes } = await readParquetSchema(path);
  const shape = notes[shapeKey];
  if (shape === 'records') return { shape, columns: [], rows };
  const origin: readonly string[] = shape === 'fields' ? [sourceColumn, fileColumn, lineColumn, faultColumn] : [];
  const fields = columns.filter(({ name }) => !origin.includes(name));
  const header = shape === 'fields' ? (JSON.parse(notes[headerKey] ?? '[]') as string[]) : [];
  return {
    shape: shape === 'fields' ? shape : 'foreign',
    columns: fields.map(({ name, nesting }, index) => ({
      given: header[index] ?? name,
      sql: quoted(name),
      ...(nesting ? { nesting } : {}),
    })),
    rows,
  };
}

/**
 * The rows of a file in a table of the engine whose columns are all text.
 *
 * JavaScript has no type for a 76-digit decimal, and Parquet readers for it hand out floats. So the engine reads the file,
 * and a decimal arrives with all its digits, a timestamp as UTC, a double as the shortest text that denotes it (more it does
 * not hold), what nests as JSON.
 */
export class Staging {
  readonly #warehouse: Warehouse;
  readonly #path: string;
  readonly #about: RowsAbout;
  readonly #table = `${stagingPrefix}${randomUUID().replaceAll('-', '')}`;

  private constructor(warehouse: Warehouse, path: string, about: RowsAbout) {
    this.#warehouse = warehouse;
    this.#path = path;
    this.#about = about;
  }

  /** Looks at the file; nothing is read before `fill`. @throws AppError UNPROCESSABLE where it is damaged */
  static async of(warehouse: Warehouse, path: string): Promise<Staging> {
    return new Staging(warehouse, path, await aboutRows(path));
  }

  /** Names in the header of the file as it came; undefined where its records are JSON. */
  get header(): string[] | undefined {
    return this.#about.shape === 'records' ? undefined : this.#about.columns.map(({ given }) => given);
  }

  get rows(): number {
    return this.#about.rows;
  }

  get table(): string {
    return quoted(this.#table);
  }

  /** SQL of the line of a row. */
  get line(): string {
    return quoted(this.#about.shape === 'foreign' ? rowNumber : lineColumn);
  }

  /** SQL of the reason why a record cannot be read; empty for the others. */
  get fault(): string {
    return this.#about.shape === 'foreign' ? `''` : quoted(faultColumn);
  }

  /** SQL of the text of each column of the file, in its order; what is absent is empty. */
  get texts(): { given: string; sql: string }[] {
    const { shape, columns } = this.#about;
    if (shape === 'records') return [{ given: recordColumn, sql: quoted(recordColumn) }];
    return columns.map(({ given, sql, nesting }) => ({
      given,
      sql: nesting ? nestedText(nesting, sql) : shape === 'foreign' ? `ifNull(${sql}, '')` : sql,
    }));
  }

  /**
   * Reads the file into the table, with further columns computed on the way.
   * @param isRepetitive whether the column at this place of the header is likely to have few values
   * @throws AppError UNPROCESSABLE where the file is damaged
   */
  async fill(
    computed: readonly { name: string; type: string; sql: string }[] = [],
    isRepetitive: (place: number) => boolean = () => false,
  ): Promise<void> {
    const { shape, columns } = this.#about;
    const [own, order] = shape === 'foreign' ? [[], rowNumber] : [[lineColumn, faultColumn], lineColumn];
    // Without Nullable an absent number would become a nought. A value that stands in many rows is kept and compared once.
    const text = shape === 'foreign' ? 'Nullable(String)' : 'String';
    const typeOf = ({ nesting }: StagedColumn, place: number) =>
      nesting ? nestedType(nesting) : isRepetitive(place) ? `LowCardinality(${text})` : text;
    const definitions = [
      ...own.map((name) => `${quoted(name)} ${name === lineColumn ? 'UInt64' : 'String'}`),
      ...(shape === 'records' ? [`${quoted(recordColumn)} String`] : []),
      ...columns.map((column, place) => `${column.sql} ${typeOf(column, place)}`),
      // The number is given while the engine reads the rows in the order of the file.
      ...(shape === 'foreign' ? [`${quoted(rowNumber)} UInt64 MATERIALIZED rowNumberInAllBlocks() + 1`] : []),
      ...computed.map(({ name, type, sql }) => `${quoted(name)} ${type} MATERIALIZED ${sql}`),
    ];
    await this.#warehouse.command(
      `CREATE TABLE ${this.table} (${definitions.join(', ')}) ENGINE = MergeTree ORDER BY ${quoted(order)}
       SETTINGS ${withoutMerges}`,
    );
    try {
      await this.#warehouse.insertRaw(this.#table, openFile(this.#path), 'Parquet');
    } catch (error) {
      const isFile =
        isAppError(error) &&
        error.code !== 'UNAVAILABLE' &&
        error.code !== 'DISK_FULL' &&
        error.code !== 'CLIENT_CLOSED';
      throw isFile
        ? billError(
            'The Parquet file cannot be read: it is damaged, or uses an encoding the engine does not know. Nothing of it was kept.',
            error,
          )
        : error;
    }
  }

  /**
   * The records in the order of the file, or those of them that `where` lets pass.
   * @returns each with the reason why it cannot be read, where it cannot
   */
  async *records(where = '1'): AsyncGenerator<RawRecord & { fault?: string }> {
    const isJson = this.#about.shape === 'records';
    const names = this.texts;
    const sql = `SELECT toUInt32(${this.line}), ${this.fault}, ${names.map((column) => column.sql).join(', ')}
      FROM ${this.table} WHERE ${where} ORDER BY ${this.line}`;
    for await (const text of textLines(await this.#warehouse.exportRaw(sql, 'JSONCompactEachRow', unguarded))) {
      const [line, fault, ...values] = JSON.parse(text) as [number, string, ...string[]];
      if (fault !== '') yield { line, fields: {}, fault };
      else if (isJson) yield jsonRecord(line, values[0] ?? '');
      else yield { line, fields: Object.fromEntries(names.map(({ given }, index) => [given, values[index] ?? ''])) };
    }
  }

  /** Removes the table; nothing happens where there is none. */
  async drop(): Promise<void> {
    await this.#warehouse.command(`DROP TABLE IF EXISTS ${this.table} SYNC`);
  }
}

function jsonRecord(line: number, text: string): RawRecord & { fault?: string } {
  const parsed = parseRecord(text);
  return parsed.ok ? { line, fields: parsed.fields, value: parsed.value } : { line, fields: {}, fault: parsed.reason };
}

/** The lines of a text that the engine sends. */
export async function* textLines(bytes: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}
