import { open } from 'node:fs/promises';
import { AppError } from '../platform/errors/index.ts';
import { billError } from './bill-error.ts';
import { csvRecords } from './csv-records.ts';
import { parseHeader } from './focus-columns.ts';
import type { BillFormat } from './ingest.ts';
import { readParquetSchema } from './parquet-schema-reader.ts';
import { openFile } from './lake-files.ts';

/**
 * Looks through a file before it is acknowledged: which format it has (by its bytes, not its name), whether it is whole,
 * and whether it has the columns of FOCUS. A file is read to its end, for a gzip shows only there that it was cut off.
 * @throws AppError UNPROCESSABLE or UNSUPPORTED_FORMAT with a sentence for the sender
 */
export async function inspectBill(path: string, signal?: AbortSignal): Promise<BillFormat> {
  const format = await formatOf(path);
  if (format === 'parquet') {
    const { columns, rows } = await readParquetSchema(path);
    assertFocus(columns.filter(({ kind }) => kind !== 'nested').map(({ name }) => name));
    if (rows === 0) throw billError('The file has a header but no rows; nothing was kept.');
    return format;
  }
  let records = 0;
  for await (const { fields } of csvRecords(openFile(path), format === 'csv.gz')) {
    signal?.throwIfAborted();
    if (records === 0) assertFocus(fields);
    records += 1;
  }
  if (records === 0) throw billError('The file is empty; nothing was kept.');
  if (records === 1) throw billError('The file has a header but no rows; nothing was kept.');
  return format;
}

function assertFocus(names: readonly string[]): void {
  const parsed = parseHeader(names);
  if (!parsed.ok) throw billError(parsed.reason);
}

async function formatOf(path: string): Promise<BillFormat> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead === 0) throw billError('The file is empty; nothing was kept.');
    const magic = buffer.subarray(0, bytesRead);
    if (magic.equals(Buffer.from('PAR1'))) return 'parquet';
    if (magic[0] === 0x1f && magic[1] === 0x8b) return 'csv.gz';
    if (magic.equals(Buffer.from('PK\u0003\u0004')))
      throw new AppError(
        'UNSUPPORTED_FORMAT',
        'The file is a ZIP or an Excel workbook. Send CSV, gzip-compressed CSV or Parquet.',
      );
    return 'csv';
  } finally {
    await file.close();
  }
}
