import type { Readable } from 'node:stream';
import { isAppError } from '../platform/errors/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { billError } from './bill-error.ts';
import type { BillRecord } from './csv-scanner.ts';
import { readParquetSchema, type ParquetColumn } from './parquet-schema-reader.ts';
import { openFile } from './lake-files.ts';

const rowNumber = 'x_RowNumber';

/**
 * The records of a Parquet file, its column names first; `line` is the number of the row, counted from 1.
 *
 * JavaScript has no type for a 76-digit decimal, and Parquet readers for it hand out floats. So the engine reads the file
 * into a table whose columns are all text, and the texts go the same way as those of a CSV: a decimal arrives with all its
 * digits, a timestamp as UTC, a double as the shortest text that denotes it (more it does not hold). A map becomes JSON.
 * @param table name of a table that does not exist yet; it is gone again afterwards, also on failure
 * @throws AppError UNPROCESSABLE where the file is damaged
 */
export async function* parquetRecords(warehouse: Warehouse, path: string, table: string): AsyncGenerator<BillRecord> {
  const { columns } = await readParquetSchema(path);
  const read = columns.filter(({ kind }) => kind !== 'nested');
  await warehouse.command(`DROP TABLE IF EXISTS ${quoted(table)} SYNC`);
  try {
    await stage(warehouse, path, table, read);
    yield { line: 0, fields: read.map(({ name }) => name) };
    const rows = await warehouse.exportRaw(selection(table, read), 'JSONCompactEachRow');
    let line = 0;
    for await (const text of lines(rows)) {
      const fields = JSON.parse(text) as (string | null)[];
      yield { line: ++line, fields: fields.map((field) => field ?? '') };
    }
  } finally {
    await warehouse.command(`DROP TABLE IF EXISTS ${quoted(table)} SYNC`);
  }
}

async function stage(
  warehouse: Warehouse,
  path: string,
  table: string,
  columns: readonly ParquetColumn[],
): Promise<void> {
  const definitions = columns.map(
    ({ name, kind }) => `${quoted(name)} ${kind === 'map' ? 'Map(String, Nullable(String))' : 'Nullable(String)'}`,
  );
  // The number is given while the engine reads the rows in the order of the file, and it orders the way back.
  definitions.push(`${quoted(rowNumber)} UInt64 MATERIALIZED rowNumberInAllBlocks()`);
  await warehouse.command(
    `CREATE TABLE ${quoted(table)} (${definitions.join(', ')}) ENGINE = MergeTree ORDER BY ${quoted(rowNumber)}`,
  );
  try {
    await warehouse.insertRaw(table, openFile(path), 'Parquet');
  } catch (error) {
    const isFile =
      isAppError(error) && error.code !== 'UNAVAILABLE' && error.code !== 'DISK_FULL' && error.code !== 'CLIENT_CLOSED';
    throw isFile
      ? billError(
          'The Parquet file cannot be read: it is damaged, or uses an encoding the engine does not know. Nothing of it was kept.',
          error,
        )
      : error;
  }
}

function selection(table: string, columns: readonly ParquetColumn[]): string {
  const fields = columns.map(({ name, kind }) => (kind === 'map' ? `toJSONString(${quoted(name)})` : quoted(name)));
  return `SELECT ${fields.join(', ')} FROM ${quoted(table)} ORDER BY ${quoted(rowNumber)}`;
}

async function* lines(bytes: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}

function quoted(name: string): string {
  return `\`${name.replace(/\\/g, '\\\\').replace(/`/g, '\\`')}\``;
}
