import { join } from 'node:path';
import Type from 'typebox';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { JobContext, JobDefinition } from '../platform/queue/index.ts';
import { keepComputed } from './computed-drop.ts';
import type { ConnectorList } from './connector-list.ts';
import type { Connector, SourceSettings } from './connector.ts';
import { ownedDrops } from './drop-ledger.ts';
import { removeOldDrops } from './housekeeping.ts';
import type { Ingest, IngestReport, IngestState, LineFinding, Place } from './ingest.ts';
import * as ingests from './ingest-repository.ts';
import * as reports from './report-repository.ts';
import { Lake } from './lake-files.ts';
import { loadIngest, type Loaded } from './load-ingest.ts';
import type { ComputedPlace, RowRules, SendCharges, Sinks } from './ports.ts';
import { Reception, type IncomingFile, type ReceiveOptions } from './reception.ts';

const PayloadSchema = Type.Object({ ingestId: Type.String({ pattern: '^\\d{1,18}$' }) });
const attempts = 5;
const dayMs = 24 * 3_600_000;
/** Time without progress after which a load is taken for dead; one INSERT takes seconds, reading a Parquet file minutes. */
const leftAfterMs = 15 * 60_000;
/** Tries that ended with the worker, after which the bill is taken to be what ends it. */
const maxKills = 20;
/** Tries of one ingest in its life: versions of its drops grow with them, and must stay below those of the next one. */
const maxTries = 900;
/** How long a bill is tried while a store is away. */
const maxAgeMs = 3 * dayMs;
const sendAgain = 'Send it again when the cause is gone; the logs of the service say more.';

export interface IngestionPorts {
  connectors: ConnectorList;
  sinks: Sinks;
  rulesOf: (tenant: string) => Promise<RowRules>;
  /** Settings of the source of a place, declared or not. */
  settingsOf: (place: Place, connector: Connector) => Promise<SourceSettings>;
}

/** Takes bills in: rows to the lake, a line in the store, a job that loads them. */
export class Ingestion {
  readonly #platform: Platform;
  readonly #ports: IngestionPorts;
  readonly #lake: Lake;
  readonly #reception: Reception;
  readonly #job: JobDefinition<typeof PayloadSchema, { state: string }>;

  constructor(platform: Platform, ports: IngestionPorts) {
    this.#platform = platform;
    this.#ports = ports;
    this.#lake = new Lake(platform.config.lake.dir ?? join(platform.config.dataDir, 'lake'));
    this.#reception = new Reception(platform, this.#lake, ports);
    this.#job = {
      name: 'anycost-load',
      payload: PayloadSchema,
      attempts,
      concurrency: 1,
      handle: async ({ ingestId }, context) => ({ state: (await this.#load(ingestId, context)) ?? 'done before' }),
    };
    platform.jobs.define(this.#job);
  }

  /** Receives files (see Reception) and resolves when they are sure to be loaded. */
  async receive(
    files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
    options: ReceiveOptions,
  ): Promise<{ jobId: string }> {
    const ingest = await this.#reception.receive(files, options);
    await this.#enqueueOrLeave(ingest.id);
    return { jobId: ingests.jobIdOf(ingest.id) };
  }

  /**
   * Receives files and resolves when they are loaded: for the command line and for generated data.
   * @throws AppError as `receive` does, and UNPROCESSABLE where no record can be used
   */
  async ingest(
    files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
    options: ReceiveOptions,
  ): Promise<IngestReport> {
    const ingest = await this.#reception.receive(files, options);
    await this.#load(ingest.id);
    return this.#finished(ingest);
  }

  /** See SendCharges. */
  sendCharges: SendCharges = async (place: ComputedPlace, charges) => {
    const { store, clock } = this.#platform;
    const ingest = await keepComputed({ store, clock, lake: this.#lake, rulesOf: this.#ports.rulesOf }, place, charges);
    await this.#load(ingest.id);
    const { rows, unchanged } = await this.#finished(ingest);
    return { rows, unchanged };
  };

  /** The state of a job with its findings; undefined where the tenant has no such job. */
  async report(
    jobId: string,
    tenant: string,
    limit: number,
  ): Promise<(IngestReport & { quarantine: LineFinding[] }) | undefined> {
    const id = ingests.ingestIdOf(jobId);
    const report = id === undefined ? undefined : await reports.findReport(this.#platform.store, id, tenant);
    return report && { ...report, quarantine: await reports.listFindings(this.#platform.store, id!, limit) };
  }

  /** The newest jobs, newest first. @param query.before the job after which the list goes on */
  reports(query: {
    tenant: string;
    regions: readonly string[] | 'all';
    limit: number;
    source?: string;
    state?: IngestState;
    before?: string;
  }): Promise<IngestReport[]> {
    const { before, ...rest } = query;
    const id = before === undefined ? undefined : ingests.ingestIdOf(before);
    return reports.listReports(this.#platform.store, { ...rest, ...(id === undefined ? {} : { before: id }) });
  }

  /** Every source that has sent something, with what came last. */
  sentSources(tenant: string, regions: readonly string[] | 'all'): Promise<reports.SourceRow[]> {
    return reports.listSources(this.#platform.store, tenant, regions);
  }

  /**
   * Loads again, from the lake, what counts now: after the rules changed, or where the warehouse lost its rows. Readers see
   * what they saw before until each month is whole again.
   * @param caller who asks for it; absent: the service itself
   * @returns how many ingests will be loaded; jobs do it
   */
  async reload(
    query: { tenant: string; source?: string; period?: string },
    caller?: Caller,
  ): Promise<{ ingests: number }> {
    if (caller) {
      const { id, name } = caller;
      const { tenant, ...after } = query;
      const event = { tenant, actor: { id, name }, action: 'ingest.reloaded', target: `source:${query.source ?? '*'}` };
      await this.#platform.audit.record({ ...event, after });
    }
    const ids = await ingests.requestReload(this.#platform.store, query, this.#platform.clock.now());
    for (const id of ids) await this.#enqueueOrLeave(id, `reload-${this.#platform.clock.now().getTime()}`);
    return { ingests: ids.length };
  }

  /** As `reload`, at once and one after the other. @throws what the first load that fails throws */
  async rebuild(
    query: { tenant?: string; source?: string; period?: string },
    onLoaded: (report: IngestReport) => void,
  ): Promise<number> {
    const { store, clock } = this.#platform;
    const ids = await ingests.requestReload(store, query, clock.now());
    for (const id of ids) {
      await this.#load(id);
      const report = await reports.findReport(store, id);
      if (report) onLoaded(report);
    }
    return ids.length;
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
      else await this.#enqueue(left.id, left.state === 'active' ? `after-${left.attempts}` : undefined);
    }
  }

  /** The line in the store is what counts: a queue that is away now gets the job later (housekeeping). */
  async #enqueueOrLeave(ingestId: string, suffix?: string): Promise<void> {
    await this.#enqueue(ingestId, suffix).catch((error: unknown) =>
      this.#platform.telemetry.log.warn({ err: error, ingest: ingestId }, 'A bill waits for the queue to come back'),
    );
  }

  /** The queue remembers ids: another try of the same ingest needs one of its own. */
  async #enqueue(ingestId: string, suffix?: string): Promise<void> {
    const jobId = ingests.jobIdOf(ingestId);
    await this.#platform.jobs.enqueue(
      this.#job,
      { ingestId },
      { id: suffix === undefined ? jobId : `${jobId}-${suffix}` },
    );
  }

  async #finished(ingest: Ingest): Promise<IngestReport> {
    const report = await reports.findReport(this.#platform.store, ingest.id, ingest.tenant);
    if (report === undefined) throw new AppError('INTERNAL', `${ingest.fileName} was received but its record is gone.`);
    if (report.state === 'failed')
      throw new AppError('UNPROCESSABLE', report.failure ?? 'The bill could not be loaded.');
    return report;
  }

  /** Loads an ingest; undefined where that is done already. A file that cannot be used is an answer, not an error. */
  async #load(ingestId: string, context?: JobContext): Promise<'completed' | 'failed' | undefined> {
    const { store, clock, telemetry } = this.#platform;
    const ingest = await ingests.beginIngest(store, ingestId, clock.now());
    if (ingest === undefined) return undefined;
    try {
      const rules = await this.#ports.rulesOf(ingest.tenant);
      const about = { source: ingest.source, connector: ingest.connector, format: ingest.format };
      const loaded = await telemetry.span('anycost.load', about, () => this.#loadOnce(ingest, rules, context));
      await store.transaction(async (tx) => {
        await reports.saveFindings(tx, ingestId, loaded.findings);
        const { version: rulesVersion } = rules;
        await ingests.completeIngest(tx, ingestId, { ...loaded, rulesVersion, at: clock.now() });
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

  async #loadOnce(begun: Ingest, rules: RowRules, context: JobContext | undefined): Promise<Loaded> {
    const { store, clock, warehouse } = this.#platform;
    const connector = this.#ports.connectors.kept(begun.connector);
    const ingest = await this.#reception.asRows(begun, connector);
    const source = await this.#ports.settingsOf(ingest, connector);
    const home = warehouse.in(begun.region);
    const deps = {
      warehouse: home,
      store,
      lake: this.#lake,
      clock,
      connector,
      source,
      sinks: this.#ports.sinks,
      rules,
    };
    const options = {
      ...(context === undefined ? {} : { signal: context.signal }),
      onProgress: (counts: ingests.Counts) =>
        ingests.noteProgress(store, ingest.id, progressOf(ingest, counts.read), counts, clock.now()),
    };
    if (!ingest.isReload) return loadIngest(deps, ingest, options);
    if (ingest.attempts > maxTries)
      throw new AppError('UNPROCESSABLE', `The bill was loaded ${maxTries} times; send it again.`);
    const loaded = await store.withLock(`anycost-reload:${ingest.id}`, async () =>
      loadIngest(deps, ingest, { ...options, reload: await ownedDrops(store, ingest.id) }),
    );
    if (loaded === undefined) throw new AppError('CONFLICT', 'Another worker loads this bill again.');
    return loaded;
  }
}

function reasonToGiveUp({ attempts, receivedAt, trouble }: ingests.LeftIngest, now: Date): string | undefined {
  if (trouble === undefined)
    return attempts < maxKills ? undefined : `The bill ended the worker ${maxKills} times. ${sendAgain}`;
  return now.getTime() - receivedAt.getTime() < maxAgeMs ? undefined : `${trouble} ${sendAgain}`;
}

/** A guess by size, for the number of lines is known only at the end: 300 bytes a line, a tenth of it compressed. */
function progressOf(ingest: Ingest, read: number): number {
  const lineBytes = ingest.format.endsWith('.gz') || ingest.format === 'parquet' ? 30 : 300;
  return Math.min(99, Math.floor((100 * read * lineBytes) / Math.max(1, ingest.bytes)));
}

function troubleText(error: unknown): string {
  return isAppError(error) ? error.message : 'The bill could not be loaded; the logs of the service say why.';
}
