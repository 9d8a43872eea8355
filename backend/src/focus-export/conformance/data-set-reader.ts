import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { csvRecords } from '../../anycost/index.ts';
import type { FocusRecord } from './check.ts';

/** A FOCUS data set as it is read: its columns, and its rows one after the other. */
export interface DataSet {
  columns: readonly string[];
  rows: AsyncIterable<FocusRecord>;
}

/** Opens a CSV, a gzip-compressed CSV or a Parquet file, told by its first bytes. @throws AppError, Error: it is none */
export async function openDataSet(path: string): Promise<DataSet> {
  const magic = firstBytes(path, 4);
  if (magic.toString('latin1') === 'PAR1') return openParquet(path);
  return openCsv(path, magic[0] === 0x1f && magic[1] === 0x8b);
}

/** CSV as a data set; an empty field and the word NULL are null. */
async function openCsv(path: string, compressed: boolean): Promise<DataSet> {
  const records = csvRecords(createReadStream(path), compressed);
  const first = await records.next();
  if (first.done) throw new Error(`${path} is empty.`);
  const columns = first.value.fields.map((name) => name.trim());
  return { columns, rows: csvRows(columns, records) };
}

async function* csvRows(
  columns: readonly string[],
  records: AsyncIterable<{ fields: readonly string[] }>,
): AsyncGenerator<FocusRecord> {
  for await (const { fields } of records)
    yield Object.fromEntries(columns.map((name, index) => [name, present(fields[index])]));
}

const present = (field: string | undefined): string | null =>
  field === undefined || field === '' || field === 'NULL' ? null : field;

/** Rows of a Parquet file that are held at once. */
const parquetRows = 10_000;

async function openParquet(path: string): Promise<DataSet> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  const total = Number(metadata.num_rows);
  const rows = async function* (): AsyncGenerator<FocusRecord> {
    for (let rowStart = 0; rowStart < total; rowStart += parquetRows) {
      const rowEnd = Math.min(total, rowStart + parquetRows);
      const found = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
      for (const row of found) yield Object.fromEntries(columns.map((name) => [name, textOf(row[name])]));
    }
  };
  return { columns, rows: rows() };
}

/** Snappy comes with hyparquet; Zstandard, which is what most writers of bills use, is Node's own. */
const compressors: Compressors = {
  ZSTD: (input) => new Uint8Array(zstdDecompressSync(input)),
  GZIP: (input) => new Uint8Array(gunzipSync(input)),
};

/** A value of a Parquet file as the text that the rules speak of: instants in ISO form, numbers without exponents. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (typeof value === 'number') return plainNumber(value);
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? text.replace('e+', 'E').replace('e', 'E') : text;
}

function firstBytes(path: string, count: number): Buffer {
  const bytes = Buffer.alloc(Math.min(count, statSync(path).size));
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(file);
  }
  return bytes;
}
