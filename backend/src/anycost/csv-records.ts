import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { billError } from './bill-error.ts';
import { CsvError, CsvScanner, type BillRecord } from './csv-scanner.ts';

/** Bytes after unpacking beyond which a file is taken for an attack on the disk and not for a bill. */
const maxUnpackedBytes = 256 * 1024 ** 3;

/**
 * The records of a CSV file, the header first; nothing but the present record is held.
 * @throws AppError UNPROCESSABLE, with the line where there is one: damaged gzip, not UTF-8, quotes that do not match.
 */
export async function* csvRecords(file: Readable, compressed: boolean): AsyncGenerator<BillRecord> {
  const scanner = new CsvScanner();
  try {
    for await (const text of texts(compressed ? unpacked(file) : file)) yield* scanner.push(text);
    yield* scanner.end();
  } catch (error) {
    throw toBillError(error);
  } finally {
    file.destroy();
  }
}

function unpacked(file: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  // pipeline() hands an error of the file on to the reader of the other end.
  pipeline(file, gunzip, () => undefined);
  return gunzip;
}

/** Refuses what is not UTF-8: an amount that was decoded wrongly must not be counted. Leaves out a byte order mark. */
async function* texts(bytes: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let length = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxUnpackedBytes)
      throw billError(`The file is larger than ${maxUnpackedBytes} bytes when it is unpacked; split it.`);
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

function toBillError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (error instanceof CsvError)
    return billError(`${error.message} The record begins at line ${error.line}; nothing was kept.`, error);
  if (code.startsWith('Z_'))
    return billError(
      'The gzip file is damaged or was cut off before its end. Send it again; nothing of it was kept.',
      error,
    );
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return billError(
      'The file is not UTF-8 text. Save it as CSV with the encoding UTF-8 and send it again; nothing was kept.',
      error,
    );
  return error;
}
