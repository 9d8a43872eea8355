import { PassThrough, type Readable } from 'node:stream';
import { parseError } from '@clickhouse/client';
import { AppError } from '../errors/index.ts';
import { toWarehouseError } from './warehouse-error.ts';

/** Enough for the text of an exception behind the last rows. */
const tailBytes = 16 * 1024;

/**
 * The bytes of an export, as they come. A body that was cut ends in an AppError, and where the engine wrote its reason
 * behind the last rows, that reason decides which.
 */
export function withErrorsRead(source: Readable, signal?: AbortSignal): Readable {
  let tail = Buffer.alloc(0);
  const remember = (part: Buffer) => {
    tail = Buffer.concat([tail, part.subarray(-tailBytes)]).subarray(-tailBytes);
  };
  const output = new PassThrough();
  source.on('data', remember);
  const onAbort = () => output.destroy(new AppError('CLIENT_CLOSED', 'The caller went away before the end.'));
  signal?.addEventListener('abort', onAbort, { once: true });
  source.once('error', (error) => {
    for (let rest = source.read() as Buffer | null; rest !== null; rest = source.read() as Buffer | null)
      remember(rest);
    output.destroy(toWarehouseError(reasonIn(tail.toString('utf8')) ?? error));
  });
  source.once('close', () => source.readableEnded || output.destroy(toWarehouseError(new Error('premature close'))));
  output.once('close', () => {
    signal?.removeEventListener('abort', onAbort);
    source.destroy();
  });
  if (signal?.aborted) onAbort();
  return source.pipe(output);
}

function reasonIn(tail: string): Error | undefined {
  const block = tail.lastIndexOf('\r\n__exception__\r\n', tail.length - '\r\n__exception__\r\n'.length - 1);
  return block < 0 ? undefined : parseError(tail.slice(block));
}
