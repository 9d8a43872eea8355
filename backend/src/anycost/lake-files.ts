import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../platform/errors/index.ts';
import type { BillFormat, Place } from './ingest.ts';

/** Bytes of one file that lie in the lake, safe from a loss of power. */
export interface KeptFile {
  lakePath: string;
  contentHash: string;
  bytes: number;
  format: BillFormat;
}

/** Bytes that were received but not yet judged. */
export interface Arrival {
  path: string;
  contentHash: string;
  bytes: number;
  /** Throws the bytes away; nothing is left. */
  discard(): Promise<void>;
}

const dayMs = 24 * 3_600_000;

/**
 * The raw files, as they came: `raw/<tenant>/<region>/<source>/<period>/<sha256>.<ext>` below one folder. Files are only
 * ever added. (A Parquet copy with file and line of each row finds its place beside `raw/`, as `rows/`.)
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

  /** Moves an arrival to its place for good. Equal bytes of the same place and month take the same file. */
  async keep(arrival: Arrival, place: Place, format: BillFormat): Promise<KeptFile> {
    const name = `${arrival.contentHash}.${format}`;
    const folders = [place.tenant, place.region, place.source, place.period ?? 'mixed'].map(segment);
    const lakePath = ['raw', ...folders, name].join('/');
    const path = this.pathOf(lakePath);
    try {
      await mkdir(dirname(path), { recursive: true });
      await rename(arrival.path, path);
      await syncFolders(dirname(path), folders.length + 1);
    } catch (error) {
      throw diskError(error, this.#folder);
    }
    return { lakePath, contentHash: arrival.contentHash, bytes: arrival.bytes, format };
  }

  pathOf(lakePath: string): string {
    return join(this.#folder, ...lakePath.split('/'));
  }

  read(lakePath: string): Readable {
    return openFile(this.pathOf(lakePath));
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
