import type { Readable } from 'node:stream';
import { CsvScanner, fieldTexts, type BillRecord } from './csv-scanner.ts';
import { asFileError, rawBytes } from './raw-bytes.ts';

/**
 * The records of a CSV file as strings, the header first; nothing but the present piece of the file is held.
 * @throws AppError UNPROCESSABLE, with the line where there is one: damaged gzip, not UTF-8, quotes that do not match.
 */
export async function* csvRecords(file: Readable, packed: boolean, delimiter = ','): AsyncGenerator<BillRecord> {
  const scanner = new CsvScanner(delimiter);
  try {
    for await (const chunk of rawBytes(file, packed))
      for (const record of scanner.push(chunk)) yield { line: record.line, fields: fieldTexts(record) };
    for (const record of scanner.end()) yield { line: record.line, fields: fieldTexts(record) };
  } catch (error) {
    throw asFileError(error);
  }
}
