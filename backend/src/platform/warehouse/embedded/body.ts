import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { Exception } from './exception-status.ts';
import type { ContentCoding } from './request.ts';

/** Longest text of SQL, data inside the statement included. */
export const maxTextBytes = 32 * 1024 * 1024;
/** Largest body that is spooled for one INSERT, uncompressed. */
export const maxSpoolBytes = 32 * 1024 ** 3;

const discardWithinMs = 30_000;

/** Pulls bytes of a request's body: first as a head that is looked at, then the rest. */
export class Body {
  readonly #request: IncomingMessage;
  readonly #iterator: AsyncIterator<Buffer>;

  constructor(request: IncomingMessage, coding: ContentCoding | undefined) {
    this.#request = request;
    this.#iterator = decode(request, coding).iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** At least `bytes` bytes, or all where there are fewer. */
  async head(bytes: number): Promise<{ bytes: Buffer; complete: boolean }> {
    const parts: Buffer[] = [];
    let length = 0;
    while (length < bytes) {
      const part = await this.#next();
      if (part === undefined) return { bytes: Buffer.concat(parts), complete: true };
      parts.push(part);
      length += part.length;
    }
    return { bytes: Buffer.concat(parts), complete: false };
  }

  /** The whole body as text. Throws code 223 above the bound. */
  async text(): Promise<string> {
    const { bytes, complete } = await this.head(maxTextBytes + 1);
    if (complete) return bytes.toString('utf8');
    const text = `The statement is longer than ${maxTextBytes} bytes; send the rows as the body and the statement in the URL.`;
    throw new Exception(223, 'QUERY_IS_TOO_LARGE', text);
  }

  /** Writes `head` and the rest to a new file of the folder and returns its path. On any failure nothing is left of it. */
  async spool(head: Buffer, directory: string, signal: AbortSignal): Promise<string> {
    const path = join(directory, `${randomUUID()}.body`);
    try {
      await pipeline(Readable.from(this.#rest(head)), bounded(), createWriteStream(path), { signal });
      return path;
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /**
   * Reads and drops what is still to come, so that a caller who is still sending gets to read the answer: a connection
   * that is closed on him would take it along.
   */
  async discard(): Promise<void> {
    await this.#iterator.return?.();
    this.#request.unpipe();
    if (this.#request.complete || this.#request.destroyed) return;
    const late = setTimeout(() => this.#request.destroy(), discardWithinMs);
    this.#request.once('close', () => clearTimeout(late));
    this.#request.resume();
  }

  async *#rest(head: Buffer): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    for (;;) {
      const part = await this.#next();
      if (part === undefined) return;
      yield part;
    }
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const step = await this.#iterator.next();
      return step.done ? undefined : step.value;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const isCoding = code?.startsWith('Z_') || code?.startsWith('ERR_BROTLI') || code?.startsWith('ZSTD_');
      if (!isCoding) throw error;
      throw new Exception(
        117,
        'INCORRECT_DATA',
        `The compressed body is damaged or cut (${message}). Nothing of it was kept.`,
      );
    }
  }
}

/** A damaged body must not destroy the request, which carries the connection for the answer. */
function decode(request: IncomingMessage, coding: ContentCoding | undefined): Readable {
  if (coding === undefined) return request;
  const decoders = {
    gzip: createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
    zstd: createZstdDecompress,
  };
  const decoder = decoders[coding]();
  request.once('error', (error) => decoder.destroy(error));
  request.once('close', () => request.complete || decoder.destroy(new Error('the caller went away')));
  return request.pipe(decoder);
}

function bounded(): Transform {
  let length = 0;
  return new Transform({
    transform(part: Buffer, _encoding, done) {
      length += part.length;
      if (length <= maxSpoolBytes) return done(null, part);
      done(
        new Exception(223, 'QUERY_IS_TOO_LARGE', `The body is larger than ${maxSpoolBytes} bytes; send it in parts.`),
      );
    },
  });
}
