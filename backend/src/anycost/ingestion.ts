import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import Type from 'typebox';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { JobContext, JobDefinition } from '../platform/queue/index.ts';
import type { Source } from './contract.ts';
import { removeOldDrops } from './housekeeping.ts';
import {
  isPeriod,
  isPlaceName,
  sourceOfFile,
  type Ingest,
  type IngestReport,
  type LineFinding,
  type Place,
} from './ingest.ts';
import * as ingests from './ingest-repository.ts';
import { inspectBill } from './bill-file.ts';
import { Lake, openFile, type Arrival } from './lake-files.ts';
import { loadBill } from './load-bill.ts';

const PayloadSchema = Type.Object({ ingestId: Type.String({ pattern: '^\\d{1,18}$' }) });
const attempts = 5;
const dayMs = 24 * 3_600_000;
/** Bills come at least daily; a source that missed two of them has stopped. */
const staleAfterMs = 2 * dayMs;
/** Time without progress after which a load is taken for dead; one INSERT takes seconds, reading a Parquet file minutes. */
const leftAfterMs = 15 * 60_000;
/** Tries that ended with the worker, after which the bill is taken to be what ends it. */
const maxKills = 20;
/** How long a bill is tried while a store is away. */
const maxAgeMs = 3 * dayMs;
const sendAgain = 'Send it again when the cause is gone; the logs of the service say more.';
const maxKeyLength = 200;

export interface ReceiveOptions {
  place: Omit<Place, 'source'> & { source?: string };
  fileName: string;
  receivedBy: string;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** Takes bills in: bytes to the lake, a line in the store, a job that loads them. */
export class Ingestion {
  readonly #platform: Platform;
  readonly #lake: Lake;
  readonly #job: JobDefinition<typeof PayloadSchema, { state: string }>;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#lake = new Lake(platform.config.lake.dir ?? join(platform.config.dataDir, 'lake'));
    this.#job = {
      name: 'anycost-load',
      payload: PayloadSchema,
      attempts,
      concurrency: 1,
      handle: async ({ ingestId }, context) => ({ state: (await this.#load(ingestId, context)) ?? 'done before' }),
    };
    platform.jobs.define(this.#job);
  }

  /**
   * Receives a bill and resolves when its bytes are safe and it is sure to be loaded.
   * @returns the job's id; the same one where equal bytes wait already or the idempotency key was used for them
   * @throws AppError UNPROCESSABLE, UNSUPPORTED_FORMAT, TOO_LARGE, DISK_FULL, UNAVAILABLE: nothing was kept; CONFLICT where
   *   the idempotency key was used for other bytes
   */
  async receive(stream: Readable, options: ReceiveOptions): Promise<{ jobId: string }> {
    const ingest = await this.#register(stream, options);
    // The line in the store is what counts: a queue that is away now gets the job later (housekeeping).
    await this.#enqueue(ingest.id).catch((error: unknown) =>
      this.#platform.telemetry.log.warn({ err: error, ingest: ingest.id }, 'A bill waits for the queue to come back'),
    );
    return { jobId: ingests.jobIdOf(ingest.id) };
  }

  /**
   * Ingests a file of this machine and resolves when it is loaded: for the command line and for generated data.
   * @throws AppError as `receive` does, and UNPROCESSABLE where no row can be used
   */
  async ingestFile(path: string, place: { tenant: string; region: string; source?: string }): Promise<IngestReport> {
    const options = { place, fileName: basename(path), receivedBy: 'command-line' };
    const stream = openFile(path);
    const ingest = await this.#register(stream, options).finally(() => stream.destroy());
    await this.#load(ingest.id);
    const report = await ingests.findReport(this.#platform.store, ingest.id, place.tenant);
    if (report === undefined) throw new AppError('INTERNAL', `The bill ${path} was received but its record is gone.`);
    if (report.state === 'failed')
      throw new AppError('UNPROCESSABLE', report.failure ?? 'The bill could not be loaded.');
    return report;
  }

  /** The state of a job with its findings; undefined where the tenant has no such job. */
  async report(
    jobId: string,
    tenant: string,
    limit: number,
  ): Promise<(IngestReport & { quarantine: LineFinding[] }) | undefined> {
    const id = ingests.ingestIdOf(jobId);
    const report = id === undefined ? undefined : await ingests.findReport(this.#platform.store, id, tenant);
    return report && { ...report, quarantine: await ingests.listFindings(this.#platform.store, id!, limit) };
  }

  /** Every source that has sent a bill, with its age. */
  async sources(tenant: string, regions: readonly string[] | 'all'): Promise<Source[]> {
    const now = this.#platform.clock.now().getTime();
    const rows = await ingests.listSources(this.#platform.store, tenant, regions);
    return rows.map(({ lastAt, rows, ...source }) => ({
      ...source,
      kind: 'focus',
      lastAt: lastAt.toISOString(),
      rows,
      state: rows === 0 ? 'empty' : now - lastAt.getTime() > staleAfterMs ? 'stale' : 'fresh',
    }));
  }

  /** Puts back into the queue what a crash left behind, and removes what no longer counts. */
  async keepHouse(): Promise<void> {
    const { clock } = this.#platform;
    await this.#takeUpLeft(clock.now());
    await removeOldDrops(this.#platform, clock.now());
    await this.#lake.sweep(clock.now());
  }

  /** A killed worker leaves an ingest active, a store that was away too, and a queue that was lost leaves it waiting. */
  async #takeUpLeft(now: Date): Promise<void> {
    const { store } = this.#platform;
    for (const left of await ingests.listLeft(store, new Date(now.getTime() - leftAfterMs))) {
      const reason = reasonToGiveUp(left, now);
      if (reason !== undefined) await ingests.failIngest(store, left.id, reason, now);
      else await this.#enqueue(left.id, left.state === 'active' ? left.attempts : undefined);
    }
  }

  async #register(stream: Readable, options: ReceiveOptions): Promise<Ingest> {
    const place = checkedPlace(options);
    const arrival = await this.#lake.receive(stream, this.#platform.config.http.uploadLimitBytes, options.signal);
    try {
      const known = await this.#knownIngest(arrival, place, options);
      if (known) return known;
      const format = await inspectBill(arrival.path, options.signal);
      const file = await this.#lake.keep(arrival, place, format);
      const { receivedBy, idempotencyKey, fileName } = options;
      const key = idempotencyKey === undefined ? {} : { idempotencyKey };
      const reception = {
        place,
        file,
        fileName: fileName.slice(0, 255),
        receivedBy,
        ...key,
        at: this.#platform.clock.now(),
      };
      const inserted = await ingests.insertIngest(this.#platform.store, reception);
      return inserted ?? (await this.#byKey(arrival, place.tenant, options))!;
    } finally {
      await arrival.discard();
    }
  }

  /** The ingest that these bytes are already: by their idempotency key, or because they still wait. */
  async #knownIngest(arrival: Arrival, place: Place, options: ReceiveOptions): Promise<Ingest | undefined> {
    const byKey = await this.#byKey(arrival, place.tenant, options);
    if (byKey) return byKey;
    const newest = await ingests.findNewest(this.#platform.store, place);
    const waits = newest?.state === 'waiting' && newest.contentHash === arrival.contentHash;
    return waits && options.idempotencyKey === undefined ? newest : undefined;
  }

  async #byKey(arrival: Arrival, tenant: string, options: ReceiveOptions): Promise<Ingest | undefined> {
    if (options.idempotencyKey === undefined) return undefined;
    const known = await ingests.findByKey(this.#platform.store, tenant, options.receivedBy, options.idempotencyKey);
    if (known && known.contentHash !== arrival.contentHash)
      throw new AppError('CONFLICT', 'The Idempotency-Key was used for another file.', {
        help: 'Send a new key with each new file.',
      });
    return known;
  }

  /** The queue remembers ids: a try after `attempts` that were lost needs one of its own. */
  async #enqueue(ingestId: string, attempts?: number): Promise<void> {
    const jobId = ingests.jobIdOf(ingestId);
    const id = attempts === undefined ? jobId : `${jobId}-after-${attempts}`;
    await this.#platform.jobs.enqueue(this.#job, { ingestId }, { id });
  }

  /** Loads an ingest; undefined where that is done already. A file that cannot be used is an answer, not an error. */
  async #load(ingestId: string, context?: JobContext): Promise<'completed' | 'failed' | undefined> {
    const { store, clock, telemetry, warehouse } = this.#platform;
    const ingest = await ingests.beginIngest(store, ingestId, clock.now());
    if (ingest === undefined) return undefined;
    try {
      const deps = { warehouse, store, lake: this.#lake, clock };
      const loaded = await telemetry.span('anycost.load', { source: ingest.source, format: ingest.format }, () =>
        loadBill(deps, ingest, {
          ...(context === undefined ? {} : { signal: context.signal }),
          onProgress: (counts) =>
            ingests.noteProgress(store, ingestId, progressOf(ingest, counts.read), counts, clock.now()),
        }),
      );
      await store.transaction(async (tx) => {
        await ingests.saveFindings(tx, ingestId, loaded.findings);
        await ingests.completeIngest(tx, ingestId, { ...loaded, at: clock.now() });
      });
      telemetry.log.info(
        { ingest: ingestId, source: ingest.source, ...loaded.counts, periods: loaded.periods },
        'A bill is loaded',
      );
      return 'completed';
    } catch (error) {
      if (isAppError(error) && error.code === 'UNPROCESSABLE') {
        await ingests.failIngest(store, ingestId, error.message, clock.now());
        telemetry.log.warn({ err: error, ingest: ingestId, source: ingest.source }, 'A bill cannot be used');
        return 'failed';
      }
      await ingests.noteTrouble(store, ingestId, troubleText(error), clock.now()).catch(() => undefined);
      throw error;
    }
  }
}

function reasonToGiveUp({ attempts, receivedAt, trouble }: ingests.LeftIngest, now: Date): string | undefined {
  if (trouble === undefined)
    return attempts < maxKills ? undefined : `The bill ended the worker ${maxKills} times. ${sendAgain}`;
  return now.getTime() - receivedAt.getTime() < maxAgeMs ? undefined : `${trouble} ${sendAgain}`;
}

function checkedPlace({ place, fileName, idempotencyKey }: ReceiveOptions): Place {
  const source = place.source ?? sourceOfFile(fileName);
  if (source === '')
    throw new AppError('BAD_REQUEST', 'The bill has no source.', {
      help: 'Name it, e.g. ?source=aws-payer-1; a later file of that source and month replaces this one.',
    });
  if (!isPlaceName(source) || !isPlaceName(place.region))
    throw new AppError('BAD_REQUEST', 'Source and region have letters, digits, ".", "_" and "-" only, 64 at most.');
  if (place.period !== undefined && !isPeriod(place.period))
    throw new AppError('BAD_REQUEST', 'The period is a month, e.g. 2026-05.');
  if (idempotencyKey !== undefined && idempotencyKey.length > maxKeyLength)
    throw new AppError('BAD_REQUEST', `The Idempotency-Key is longer than ${maxKeyLength} characters.`);
  return { ...place, source };
}

/** A guess by size, for the number of lines is known only at the end: 300 bytes a line, a tenth of it compressed. */
function progressOf(ingest: Ingest, read: number): number {
  const lineBytes = ingest.format === 'csv' ? 300 : 30;
  return Math.min(99, Math.floor((100 * read * lineBytes) / Math.max(1, ingest.bytes)));
}

function troubleText(error: unknown): string {
  return isAppError(error) ? error.message : 'The bill could not be loaded; the logs of the service say why.';
}
