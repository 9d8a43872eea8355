import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '../platform/errors/index.ts';
import { billError } from './bill-error.ts';
import type { RawFormat } from './connector.ts';
import { recordsAt } from './json-records.ts';

/** How the records of a file are read, as its bytes tell. */
export type FoundFormat = { packed: boolean } & (
  | { kind: 'csv'; delimiter: string; header: 'first-line' | readonly string[] }
  | { kind: 'json'; records: RecordsOf }
  | { kind: 'ndjson' }
  | { kind: 'parquet' }
);

/** Picks the records out of a document. @throws AppError UNPROCESSABLE where it holds none of the kind */
type RecordsOf = (document: unknown) => readonly unknown[];

const peekBytes = 64 * 1024;

/**
 * Which format a file has: by its bytes where they tell, else as the connector declares it.
 * @param hint what the sender said of it, e.g. by the content type or the file's name
 * @throws AppError UNPROCESSABLE for an empty file, UNSUPPORTED_FORMAT for archives and workbooks
 */
export async function formatOf(path: string, declared: RawFormat, hint?: 'ndjson' | 'json'): Promise<FoundFormat> {
  const bytes = await firstBytes(path);
  if (bytes.length === 0) throw billError('The file is empty; nothing was kept.');
  if (bytes.subarray(0, 4).equals(Buffer.from('PAR1'))) return { kind: 'parquet', packed: false };
  if (bytes.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004')))
    throw new AppError(
      'UNSUPPORTED_FORMAT',
      'The file is a ZIP or an Excel workbook. Send CSV, gzip-compressed CSV, JSON, NDJSON or Parquet.',
    );
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = (packed ? await firstUnpacked(bytes) : bytes).toString('utf8').replace(/^\ufeff/, '');
  return { packed, ...textFormat(text, declared, hint) };
}

type TextFormat =
  | { kind: 'csv'; delimiter: string; header: 'first-line' | readonly string[] }
  | { kind: 'json'; records: RecordsOf }
  | { kind: 'ndjson' };

function textFormat(text: string, declared: RawFormat, hint: 'ndjson' | 'json' | undefined): TextFormat {
  const records = recordsOf(declared);
  const looksLikeJson = /^\s*[[{]/.test(text);
  if (declared === 'ndjson' || hint === 'ndjson') return { kind: 'ndjson' };
  if (looksLikeJson) return isNdjson(text) ? { kind: 'ndjson' } : { kind: 'json', records };
  const isJson = declared === 'json' || (typeof declared === 'object' && 'json' in declared);
  if (isJson || hint === 'json') return { kind: 'json', records };
  if (typeof declared === 'object' && 'csv' in declared) return { kind: 'csv', ...declared.csv };
  return { kind: 'csv', delimiter: declared === 'csv' ? ',' : delimiterOf(text), header: 'first-line' };
}

function recordsOf(declared: RawFormat): RecordsOf {
  const json = typeof declared === 'object' && 'json' in declared ? declared.json : { path: [] };
  const pick = 'records' in json ? json.records : (document: unknown) => recordsAt(document, json.path);
  const place = 'path' in json ? `at ${json.path.join('.')}` : 'of the kind that the source has';
  return (document) => {
    const records = pick(document);
    if (records === undefined) throw billError(`The JSON document has no list ${place}; nothing was kept.`);
    return records;
  };
}

/** A whole object on the first line and something behind it. */
function isNdjson(text: string): boolean {
  const [first = '', ...rest] = text.trimStart().split('\n');
  if (!first.startsWith('{') || rest.every((line) => line.trim() === '')) return false;
  try {
    JSON.parse(first);
    return true;
  } catch {
    return false;
  }
}

/** The comma, unless the first line has none and one of the other customary delimiters. */
function delimiterOf(text: string): string {
  const first = text.split(/[\r\n]/, 1)[0] ?? '';
  if (first.includes(',')) return ',';
  return ['\t', ';', '|'].find((delimiter) => first.includes(delimiter)) ?? ',';
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(peekBytes), 0, peekBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** As much as these bytes give; whether the whole is damaged shows when it is read. */
async function firstUnpacked(bytes: Buffer): Promise<Buffer> {
  const gunzip = createGunzip();
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    gunzip.end(bytes);
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length >= peekBytes) break;
    }
  } catch {
    // The peek ends in the middle of the file.
  }
  return Buffer.concat(pieces);
}
