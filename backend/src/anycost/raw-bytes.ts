import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { isAppError } from '../platform/errors/index.ts';
import { billError } from './bill-error.ts';
import { CsvError, EncodingError } from './csv-scanner.ts';

/** Bytes after unpacking beyond which a file is taken for an attack on the disk and not for a bill. */
const maxUnpackedBytes = 256 * 1024 ** 3;

/**
 * The bytes of a file, unpacked where it is packed with gzip.
 * @throws AppError UNPROCESSABLE where the gzip is damaged or was cut off; that shows only at its end
 */
export async function* rawBytes(file: Readable, packed: boolean): AsyncGenerator<Buffer> {
  let length = 0;
  try {
    for await (const chunk of (packed ? unpacked(file) : file) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxUnpackedBytes)
        throw billError(`The file is larger than ${maxUnpackedBytes} bytes when it is unpacked; split it.`);
      yield chunk;
    }
  } catch (error) {
    throw asFileError(error);
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

/** The same in words for the sender, where it is the file that is at fault. */
export function asFileError(error: unknown): unknown {
  if (isAppError(error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (error instanceof CsvError)
    return billError(`${error.message} The record begins at line ${error.line}; nothing was kept.`, error);
  if (code.startsWith('Z_'))
    return billError(
      'The gzip file is damaged or was cut off before its end. Send it again; nothing of it was kept.',
      error,
    );
  if (error instanceof EncodingError)
    return billError(
      'The file is not UTF-8 text. Save it with the encoding UTF-8 and send it again; nothing was kept.',
      error,
    );
  return error;
}
