import { randomUUID } from 'node:crypto';
import type { LlmRequest, SinkBatch } from '../anycost/index.ts';
import { Spread } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { LlmUsagePorts } from './ports.ts';
import { dayOf, requestRow, type RequestRow, type UsagePlace } from './request-row.ts';
import { requestFindings } from './usage-request.ts';
import { insertRequests } from './usage-repository.ts';
import { noteLanded, noteWrite, receivedAtOf } from './write-repository.ts';

const batchRows = 20_000;
const rowsAtOnce = 25;
/** Of requests that nobody waits for. */
const fewAtOnce = 10;
/** Rows that may wait in memory for the write before them; beyond it callers are asked to come again. */
const maxQueuedRows = 100_000;
const dayMs = 86_400_000;
/** Facts live for 400 days; a day must not be rolled up again once some of them are gone. */
const keptDays = 395;

interface Waiting {
  place: UsagePlace;
  rows: RequestRow[];
  resolve(): void;
  reject(error: unknown): void;
}

type Parts = Pick<Platform, 'store' | 'warehouse' | 'clock' | 'telemetry'>;

/** Prices requests and keeps them. What it acknowledged is in the warehouse, and its day will be rolled up. */
export class UsageKeeper {
  readonly #platform: Parts;
  readonly #ports: Pick<LlmUsagePorts, 'prices'>;
  #queue: Waiting[] = [];
  #queuedRows = 0;
  #draining = false;

  constructor(platform: Parts, ports: Pick<LlmUsagePorts, 'prices'>) {
    this.#platform = platform;
    this.#ports = ports;
  }

  /**
   * Keeps the requests of a file. Of two records of one request that of the later ingest counts, in one file the later line.
   * Requests of days whose facts are gone already are left out. @throws AppError UNPROCESSABLE for a request that cannot be
   */
  async keepFile(
    batch: SinkBatch,
    items: AsyncIterable<{ item: LlmRequest; line: number }>,
  ): Promise<{ kept: number; tooOld: number }> {
    const { store, clock, telemetry } = this.#platform;
    const place = { tenant: batch.tenant, region: batch.region, source: batch.source };
    const receivedAt = (await receivedAtOf(store, place, batch.ingestId, clock.now())).toISOString();
    const book = await this.#ports.prices.book(place.tenant);
    const counted = { kept: 0, tooOld: 0 };
    let rows: RequestRow[] = [];
    for await (const { item, line } of items) {
      assertPossible(item, line);
      if (this.#isTooOld(item)) {
        counted.tooOld += 1;
        continue;
      }
      counted.kept += 1;
      rows.push(requestRow(place, item, { fileName: batch.fileName, line, receivedAt }, book));
      if (rows.length < batchRows) continue;
      await this.#write(place, rows);
      rows = [];
    }
    await this.#write(place, rows);
    if (counted.tooOld > 0)
      telemetry.log.warn({ ...batch, requests: counted.tooOld }, `Requests older than ${keptDays} days were left out`);
    return counted;
  }

  /**
   * Keeps requests that come by no file, together with what others send meanwhile; resolves when they are durable.
   * @param spreadMs milliseconds over which it may do either half of the work, where nobody waits for it
   * @throws AppError UNAVAILABLE where too many wait already: nothing was kept, send them again
   */
  async keep(
    place: UsagePlace,
    requests: Iterable<LlmRequest>,
    { fileName = '', spreadMs = 0 }: { fileName?: string; spreadMs?: number } = {},
  ): Promise<{ kept: number }> {
    const { clock } = this.#platform;
    const book = await this.#ports.prices.book(place.tenant);
    const receivedAt = clock.now().toISOString();
    const rows: RequestRow[] = [];
    const spread = new Spread(spreadMs);
    const list = spreadMs > 0 ? [...requests] : undefined;
    const partOf = (count: number): number => (list ? count / list.length : 1);
    // Callers who wait do not wait for what nobody waits for.
    const write = (some: RequestRow[]): Promise<void> =>
      list ? this.#write(place, some, spreadMs * partOf(some.length)) : this.#writeSoon(place, some);
    let line = 0;
    let kept = 0;
    for (const request of list ?? requests) {
      line += 1;
      assertPossible(request, line);
      if (this.#isTooOld(request)) continue;
      kept += 1;
      rows.push(requestRow(place, request, { fileName, line, receivedAt }, book));
      // A gateway in this process has calls to answer meanwhile.
      if (kept % (list ? fewAtOnce : rowsAtOnce) === 0) await spread.rest(partOf(line));
      if (rows.length >= batchRows) await write(rows.splice(0));
    }
    await write(rows);
    return { kept };
  }

  #isTooOld({ startedAt }: LlmRequest): boolean {
    return Date.parse(startedAt) < this.#platform.clock.now().getTime() - keptDays * dayMs;
  }

  /** Many small batches become few large ones: whatever comes while one is written goes with the next. */
  #writeSoon(place: UsagePlace, rows: RequestRow[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    if (this.#queuedRows > 0 && this.#queuedRows + rows.length > maxQueuedRows)
      return Promise.reject(
        new AppError('UNAVAILABLE', 'More usage arrives than the warehouse takes in.', {
          help: 'Send it again in a few seconds; nothing of it was kept.',
        }),
      );
    return new Promise((resolve, reject) => {
      this.#queue.push({ place, rows, resolve, reject });
      this.#queuedRows += rows.length;
      if (!this.#draining) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#queue.length > 0) {
      const taken = this.#takeOfOnePlace();
      try {
        await this.#write(
          taken[0]!.place,
          taken.flatMap(({ rows }) => rows),
        );
        for (const { resolve } of taken) resolve();
      } catch (error) {
        for (const { reject } of taken) reject(error);
      }
    }
    this.#draining = false;
  }

  #takeOfOnePlace(): Waiting[] {
    const { tenant, region, source } = this.#queue[0]!.place;
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    let rows = 0;
    for (const waiting of this.#queue) {
      const { place } = waiting;
      const isSame = place.tenant === tenant && place.region === region && place.source === source;
      if (isSame && (rows === 0 || rows + waiting.rows.length <= batchRows)) {
        taken.push(waiting);
        rows += waiting.rows.length;
      } else left.push(waiting);
    }
    this.#queue = left;
    this.#queuedRows -= rows;
    return taken;
  }

  async #write(place: UsagePlace, all: readonly RequestRow[], spreadMs = 0): Promise<void> {
    if (all.length === 0) return;
    const { store, warehouse, clock } = this.#platform;
    const rows = lastOfEach(all);
    const days = [...new Set(rows.map(dayOf))].sort();
    const writeId = randomUUID();
    await noteWrite(store, writeId, place, days, clock.now());
    await insertRequests(warehouse, rows, spreadMs);
    await noteLanded(store, writeId);
  }
}

/** Of several records of one request in a batch the later is meant, also where they differ in their day. */
function lastOfEach(rows: readonly RequestRow[]): RequestRow[] {
  return [...new Map(rows.map((row) => [row.RequestId, row])).values()];
}

function assertPossible(request: LlmRequest, line: number): void {
  const [finding] = requestFindings(request);
  if (finding)
    throw new AppError('UNPROCESSABLE', `Request ${line} cannot be kept: ${finding.column}: ${finding.reason}`);
}
