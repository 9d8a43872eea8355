import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import Type from 'typebox';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { JobContext, JobDefinition } from '../platform/queue/index.ts';
import type { ExportFile } from './contract.ts';
import { covers, exportIdOf, numberOfExport, plainFileName } from './export-file.ts';
import * as files from './export-file-repository.ts';

/** What a maker hands out: the bytes, and how many rows of data were in them once they have ended. */
export interface Made {
  chunks: AsyncIterable<Buffer | string>;
  rows(): number;
}

/** Makes the file of a request within a scope. The request is what was asked for, as JSON. */
export type Maker = (request: unknown, scope: Scope, signal: AbortSignal) => Promise<Made>;

export interface Order {
  kind: string;
  fileName: string;
  contentType: string;
  request: unknown;
  caller: Pick<Caller, 'id' | 'name' | 'scope'>;
}

const PayloadSchema = Type.Object({ fileId: Type.String({ pattern: '^\\d{1,18}$' }) });
const attempts = 4;
const dayMs = 24 * 3_600_000;
/** How long a file waits to be fetched. */
const keptDays = 7;
const leftAfterMs = 10 * 60_000;
const touchEveryMs = 60_000;
/** Files that one person may have in the making; each reads for minutes. */
const maxOpen = 10;
const listed = 100;
const maxBytes = 8 * 1024 ** 3;

/** Files that are made in the background, kept below the lake for some days, and fetched by their id. */
export class ExportFiles {
  readonly #platform: Platform;
  readonly #folder: string;
  readonly #makers = new Map<string, Maker>();
  readonly #job: JobDefinition<typeof PayloadSchema, { state: string }>;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#folder = join(platform.config.lake.dir ?? join(platform.config.dataDir, 'lake'), 'exports');
    this.#job = {
      name: 'export-file',
      payload: PayloadSchema,
      attempts,
      concurrency: 1,
      handle: async ({ fileId }, context) => ({ state: await this.#make(fileId, context) }),
    };
    platform.jobs.define(this.#job);
  }

  /** Declares who makes files of a kind. */
  define(kind: string, maker: Maker): void {
    if (this.#makers.has(kind)) throw new Error(`Files of the kind ${kind} have a maker already.`);
    this.#makers.set(kind, maker);
  }

  /**
   * Has a file made in the background; the order is on record and in the audit log when this resolves.
   * @throws AppError RATE_LIMITED where the caller has too many files in the making
   */
  async order(order: Order): Promise<ExportFile> {
    const { store, audit } = this.#platform;
    const { caller } = order;
    if ((await files.countOpen(store, caller.scope.tenant, caller.id)) >= maxOpen)
      throw new AppError('RATE_LIMITED', `${maxOpen} files of yours are in the making; wait for one of them.`);
    const row = await store.transaction(async (tx) => {
      const inserted = await this.#insert(order, tx);
      const after = { kind: order.kind, fileName: inserted.fileName, request: order.request };
      await audit.record({ ...who(caller), action: 'export.ordered', target: targetOf(inserted), after }, tx);
      return inserted;
    });
    await this.#enqueue(row.id).catch((error: unknown) =>
      this.#platform.telemetry.log.warn({ err: error, file: row.id }, 'A file waits for the queue to come back'),
    );
    return toExportFile(row);
  }

  /** Makes a file now and keeps it as an ordered one: for what is sent to people and fetched by them later. */
  async keep(order: Order, signal: AbortSignal): Promise<ExportFile> {
    const row = await this.#insert(order, this.#platform.store);
    await this.#makeRow(row, signal);
    const made = await files.findFile(this.#platform.store, row.id);
    return toExportFile(made!);
  }

  /** @throws AppError NOT_FOUND where there is none, or where the caller sees less than what is in it */
  async find(id: string, scope: Scope): Promise<ExportFile> {
    return toExportFile(await this.#row(id, scope));
  }

  async list(caller: Pick<Caller, 'id' | 'scope'>): Promise<ExportFile[]> {
    const rows = await files.listFiles(this.#platform.store, caller.scope.tenant, caller.id, listed);
    return rows.map(toExportFile);
  }

  /**
   * The bytes of a file that is ready; the download is audited first.
   * @throws AppError NOT_FOUND, GONE (expired), CONFLICT (not ready, or failed)
   */
  async open(
    id: string,
    caller: Pick<Caller, 'id' | 'name' | 'scope'>,
  ): Promise<{ file: ExportFile; bytes: Readable }> {
    const row = await this.#row(id, caller.scope);
    if (row.state === 'expired' || row.expiresAt <= this.#platform.clock.now())
      throw new AppError('GONE', 'The file has expired.', { help: 'Order it again.' });
    if (row.state !== 'ready' || row.path === null)
      throw new AppError(
        'CONFLICT',
        row.state === 'failed' ? `There is no file: ${row.failure ?? 'it failed'}` : 'The file is not ready yet.',
        { help: 'Ask GET /api/exports/:id until its state is ready.' },
      );
    const path = join(this.#folder, row.path);
    if ((await stat(path).catch(() => undefined)) === undefined)
      throw new AppError('GONE', 'The file is no longer where it was kept.', { help: 'Order it again.' });
    const after = { kind: row.kind, fileName: row.fileName, bytes: Number(row.bytes) };
    await this.#platform.audit.record({ ...who(caller), action: 'export.downloaded', target: targetOf(row), after });
    return { file: toExportFile(row), bytes: createReadStream(path) };
  }

  /** The bytes of a file of the system's own making, e.g. to attach them to a mail. */
  async read(id: string): Promise<Readable> {
    const row = await files.findFile(this.#platform.store, numberOfExport(id) ?? '0');
    if (row?.path === null || row?.path === undefined) throw new AppError('NOT_FOUND', `There is no file ${id}.`);
    return createReadStream(join(this.#folder, row.path));
  }

  /** Removes what has expired or was never finished, and takes up what a killed worker left behind. */
  async keepHouse(): Promise<void> {
    const { store, clock } = this.#platform;
    for (const { path } of await files.expireFiles(store, clock.now()))
      if (path !== null) await rm(join(this.#folder, path), { force: true });
    for (const left of await files.listLeft(store, new Date(clock.now().getTime() - leftAfterMs)))
      await this.#enqueue(left.id, left.attempts);
    await this.#sweep(clock.now());
  }

  async #sweep(now: Date): Promise<void> {
    const folder = join(this.#folder, 'making');
    for (const name of await readdir(folder).catch(() => [])) {
      const found = await stat(join(folder, name)).catch(() => undefined);
      if (found && now.getTime() - found.mtimeMs > dayMs) await rm(join(folder, name), { force: true });
    }
  }

  #insert(order: Order, store: Platform['store']): Promise<files.FileRow> {
    const { kind, fileName, contentType, request, caller } = order;
    const at = this.#platform.clock.now();
    return files.insertFile(store, {
      tenant: caller.scope.tenant,
      kind,
      fileName: plainFileName(fileName),
      contentType,
      request,
      scope: caller.scope,
      createdBy: { id: caller.id, name: caller.name },
      at,
      expiresAt: new Date(at.getTime() + keptDays * dayMs),
    });
  }

  async #row(id: string, scope: Scope): Promise<files.FileRow> {
    const number = numberOfExport(id);
    const row = number === undefined ? undefined : await files.findFile(this.#platform.store, number);
    if (row === undefined || !covers(scope, row.scope)) throw new AppError('NOT_FOUND', 'There is no such file.');
    return row;
  }

  async #enqueue(id: string, tried?: number): Promise<void> {
    const own = tried === undefined ? id : `${id}-after-${tried}`;
    await this.#platform.jobs.enqueue(this.#job, { fileId: id }, { id: `export-${own}` });
  }

  async #make(id: string, context: JobContext): Promise<string> {
    const { store, clock } = this.#platform;
    const row = await files.beginFile(store, id, clock.now());
    if (row === undefined) return 'done before';
    try {
      await this.#makeRow(row, context.signal);
      return 'ready';
    } catch (error) {
      const final = (isAppError(error) && error.status < 500) || row.attempts >= attempts;
      if (!final) throw error;
      await files.failFile(store, id, failureOf(error), clock.now());
      this.#platform.telemetry.log.warn({ err: error, file: id, kind: row.kind }, 'A file could not be made');
      return 'failed';
    }
  }

  async #makeRow(row: files.FileRow, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#platform;
    const maker = this.#makers.get(row.kind);
    if (maker === undefined) throw new AppError('UNPROCESSABLE', `Nothing makes files of the kind ${row.kind}.`);
    const made = await maker(row.request, row.scope, signal);
    const { path, bytes } = await this.#write(row, made, signal);
    await files.finishFile(store, row.id, { path, rows: made.rows(), bytes, at: clock.now() });
  }

  /** Writes beside and renames: a file is there whole or not at all. */
  async #write(row: files.FileRow, made: Made, signal: AbortSignal): Promise<{ path: string; bytes: number }> {
    const { store, clock } = this.#platform;
    const draft = join(this.#folder, 'making', `${randomUUID()}.part`);
    const path = join(encodeURIComponent(row.tenant).replaceAll('.', '%2E'), `${row.id}-${row.fileName}`);
    let bytes = 0;
    let touched = clock.now().getTime();
    try {
      await mkdir(dirname(draft), { recursive: true });
      const file = await open(draft, 'wx');
      try {
        for await (const chunk of made.chunks) {
          signal.throwIfAborted();
          const buffer = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
          for (let at = 0; at < buffer.length;) at += (await file.write(buffer, at)).bytesWritten;
          bytes += buffer.length;
          if (bytes > maxBytes)
            throw new AppError('TOO_LARGE', 'The file is larger than 8 GiB.', { help: 'Narrow the selection.' });
          const now = clock.now().getTime();
          if (now - touched < touchEveryMs) continue;
          touched = now;
          await files.touchFile(store, row.id, clock.now());
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await mkdir(dirname(join(this.#folder, path)), { recursive: true });
      await rename(draft, join(this.#folder, path));
      return { path, bytes };
    } catch (error) {
      await rm(draft, { force: true });
      throw diskError(error, this.#folder);
    }
  }
}

function who(caller: Pick<Caller, 'id' | 'name' | 'scope'>) {
  return { tenant: caller.scope.tenant, actor: { id: caller.id, name: caller.name } };
}

const targetOf = (row: files.FileRow): string => `export:${row.id}`;

function failureOf(error: unknown): string {
  return isAppError(error)
    ? `${error.message} ${error.help}`
    : 'The file could not be made; the logs of the service say why. Order it again.';
}

function diskError(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new AppError('DISK_FULL', `The folder of exports at ${folder} is full.`, { cause: error });
}

function toExportFile(row: files.FileRow): ExportFile {
  return {
    id: exportIdOf(row.id),
    kind: row.kind,
    fileName: row.fileName,
    contentType: row.contentType,
    state: row.state,
    ...(row.rows === null ? {} : { rows: Number(row.rows) }),
    ...(row.bytes === null ? {} : { bytes: Number(row.bytes) }),
    ...(row.failure === null ? {} : { failure: row.failure }),
    createdBy: row.createdByName,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    href: `/api/exports/${exportIdOf(row.id)}/file`,
  };
}
