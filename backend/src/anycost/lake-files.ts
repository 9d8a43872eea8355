import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../platform/errors/index.ts';
import type { Place } from './ingest.ts';

/** Bytes that were received but not yet judged; they do not outlive the request. */
export interface Arrival {
  path: string;
  contentHash: string;
  bytes: number;
  /** Throws the bytes away; nothing is left. */
  discard(): Promise<void>;
}

const dayMs = 24 * 3_600_000;

/**
 * What came, as Parquet: `rows/<tenant>/<region>/<source>/<period>/<sha256>.parquet` below one folder, each record with its
 * source, file and line. Files are only ever added. What arrives lies in `arriving/` until its rows are kept.
 */
export class Lake {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Writes a stream to the folder of arrivals, hashing on the way; nothing is held in memory.
   * @throws AppError TOO_LARGE above `limitBytes`, DISK_FULL; in both cases, as when the stream breaks, nothing is left.
   */
  async receive(stream: Readable, limitBytes: number, signal?: AbortSignal): Promise<Arrival> {
    const path = join(this.#folder, 'arriving', `${randomUUID()}.part`);
    try {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, 'wx');
      try {
        const written = await copy(stream, file, limitBytes, signal);
        await file.sync();
        return { path, ...written, discard: () => rm(path, { force: true }) };
      } finally {
        await file.close();
      }
    } catch (error) {
      await rm(path, { force: true });
      throw diskError(error, this.#folder);
    }
  }

  /** A name in the folder of arrivals for rows that are being written. */
  async newFile(): Promise<string> {
    await mkdir(join(this.#folder, 'arriving'), { recursive: true });
    return join(this.#folder, 'arriving', `${randomUUID()}.rows`);
  }

  /**
   * Moves a durable file of the folder of arrivals to its place for good. The same name of the same place and month takes the
   * same file.
   * @returns its path below the lake
   */
  async keep(path: string, place: Place, name: string): Promise<string> {
    const folders = [place.tenant, place.region, place.source, place.period ?? 'mixed'].map(segment);
    const lakePath = ['rows', ...folders, `${name}.parquet`].join('/');
    const target = this.pathOf(lakePath);
    try {
      await mkdir(dirname(target), { recursive: true });
      await rename(path, target);
      await syncFolders(dirname(target), folders.length + 1);
    } catch (error) {
      throw diskError(error, this.#folder);
    }
    return lakePath;
  }

  pathOf(lakePath: string): string {
    return join(this.#folder, ...lakePath.split('/'));
  }

  /** Removes a file of the folder of arrivals, if it is still there. */
  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  /** Does `work` in the lake. @throws AppError DISK_FULL or UNAVAILABLE where the folder is at fault */
  async writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw diskError(error, this.#folder);
    }
  }

  /** Removes what arrived more than a day ago and was never kept: senders that went away, a process that was killed. */
  async sweep(now: Date): Promise<void> {
    const folder = join(this.#folder, 'arriving');
    for (const name of await readdir(folder).catch(() => [])) {
      const found = await stat(join(folder, name)).catch(() => undefined);
      if (found && now.getTime() - found.mtimeMs > dayMs) await rm(join(folder, name), { force: true });
    }
  }
}

/** A file of this machine as a stream. */
export function openFile(path: string): Readable {
  return createReadStream(path, { highWaterMark: 256 * 1024 });
}

/**
 * The bytes of a file of this machine, piece by piece in the same memory: a piece is gone when the next one is asked for.
 */
export async function* filePieces(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    const memory = Buffer.allocUnsafe(256 * 1024);
    for (;;) {
      const { bytesRead } = await file.read(memory, 0, memory.length);
      if (bytesRead === 0) return;
      yield memory.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function copy(
  stream: Readable,
  file: FileHandle,
  limitBytes: number,
  signal: AbortSignal | undefined,
): Promise<{ contentHash: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  // A request is not destroyed when it is refused: the answer travels on the same connection.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    bytes += chunk.length;
    if (bytes > limitBytes)
      throw new AppError('TOO_LARGE', `The file is larger than ${limitBytes} bytes.`, { help: tooLargeHelp });
    hash.update(chunk);
    await writeAll(file, chunk);
  }
  return { contentHash: hash.digest('hex'), bytes };
}

const tooLargeHelp =
  'Split it by month or account, or raise `http.uploadLimitBytes` in the configuration. Nothing was kept.';

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let offset = 0; offset < chunk.length;) offset += (await file.write(chunk, offset)).bytesWritten;
}

/** A name as one folder: letters, digits, `-`, `_` and inner dots stay, everything else is escaped. */
function segment(name: string): string {
  return encodeURIComponent(name)
    .replace(/[^A-Za-z0-9%_.-]/g, '_')
    .replace(/^\./, '%2E');
}

/** A new name is durable once its folder is: the file's folder and those that may be new above it. */
async function syncFolders(folder: string, levels: number): Promise<void> {
  let current = folder;
  for (let level = 0; level < levels; level++, current = dirname(current)) {
    // Windows cannot open folders; its file systems write names through.
    const handle = await open(current, 'r').catch(() => undefined);
    await handle?.sync().catch(() => undefined);
    await handle?.close();
  }
}

function diskError(error: unknown, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new AppError('DISK_FULL', `The lake at ${folder} is full.`, { cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new AppError('UNAVAILABLE', `The lake at ${folder} cannot be written.`, {
      cause: error,
      help: 'Give the service the right to write there, or set `lake.dir` to another folder.',
    });
  return error;
}
