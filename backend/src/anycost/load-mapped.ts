import { chargeRow } from './charge-row.ts';
import type { Mapped, Mapper, RawRecord } from './connector.ts';
import { insertFacts } from './drop-repository.ts';
import { count, type DropTally } from './drop-tally.ts';
import type { KeptFile } from './ingest.ts';
import type { IngestLoad } from './load-ingest.ts';
import type { Sink } from './ports.ts';
import { SinkFeed } from './sink-feed.ts';
import type { Staging } from './staging-reader.ts';

/** Rows of one INSERT; memory does not depend on it, for rows are streamed. */
const defaultBatchRows = 100_000;
/** The engine refuses a block that touches more than a hundred partitions, which are months. */
const maxMonthsPerBatch = 80;

type FactRow = Record<string, unknown> & { ChargePeriodStart: string };

/**
 * Loads the records of a file through the connector's mapper, one by one: charges to the warehouse, all else to its sink.
 * @param where SQL: which of the staged rows; default all of them, and then the mapper's last word counts too
 */
export async function loadMapped(load: IngestLoad, file: KeptFile, staging: Staging, where?: string): Promise<void> {
  const fields = staging.header;
  const mapper = load.deps.connector.map({
    fileName: file.fileName,
    source: load.deps.source,
    ...(fields ? { fields } : {}),
  });
  const feeds = new Feeds(load, file);
  try {
    const rows = mappedRows(load, file, mapper, feeds, staging.records(where), where === undefined);
    await insertAll(load, rows);
    load.counts.items += await feeds.end();
  } catch (error) {
    await feeds.abort(error);
    throw error;
  }
}

async function insertAll(load: IngestLoad, rows: AsyncGenerator<FactRow>): Promise<void> {
  try {
    let next = await rows.next();
    while (!next.done) {
      await load.progress();
      next = (await insertBatch(load, rows, next.value)) ?? { done: true, value: undefined };
    }
    await load.progress();
  } finally {
    await rows.return(undefined);
  }
}

/** Returns the row that begins the next batch. The first one is given: an INSERT without rows is an error. */
async function insertBatch(
  load: IngestLoad,
  rows: AsyncGenerator<FactRow>,
  first: FactRow,
): Promise<IteratorResult<FactRow> | undefined> {
  const batch = new Batch(rows, first, load.options.batchRows ?? defaultBatchRows);
  try {
    await insertFacts(load.deps.warehouse, batch.rows(), load.options.signal);
  } catch (error) {
    // What broke the source of the rows says more than the INSERT that it broke.
    throw batch.failure ?? error;
  }
  return batch.next;
}

async function* mappedRows(
  load: IngestLoad,
  file: KeptFile,
  mapper: Mapper,
  feeds: Feeds,
  records: AsyncIterable<RawRecord & { fault?: string }>,
  toTheEnd: boolean,
): AsyncGenerator<FactRow> {
  const { counts } = load;
  for await (const { fault, ...record } of records) {
    counts.read += 1;
    const mapped: readonly Mapped[] =
      fault === undefined ? mapper.map(record) : [{ kind: 'quarantined', findings: [{ column: '', reason: fault }] }];
    yield* rowsOf(load, file, feeds, record.line, mapped);
  }
  if (toTheEnd) for (const last of mapper.end?.() ?? []) yield* rowsOf(load, file, feeds, last.line ?? 0, [last]);
}

/** A line counts once as quarantined or flagged, however many charges it gives. */
async function* rowsOf(
  load: IngestLoad,
  file: KeptFile,
  feeds: Feeds,
  line: number,
  mapped: readonly Mapped[],
): AsyncGenerator<FactRow> {
  let [quarantined, flagged] = [false, false];
  for (const one of mapped) {
    if (one.kind === 'quarantined') {
      quarantined = true;
      load.note(file, line, one.findings, true);
      continue;
    }
    const flags = [...(one.flags ?? [])];
    if (one.kind === 'charge') {
      const row = chargeRow(one.charge, load.ingest.source, load.deps.rules);
      if (!row.ok) {
        quarantined = true;
        load.note(file, line, row.findings, true);
        continue;
      }
      flags.push(...row.flags);
      const drop = await load.dropOf(load.ingest.period ?? row.period);
      if (drop) {
        count(drop, row);
        load.counts.loaded += 1;
        yield factRow(load, file, drop, line, row.values);
      }
    } else {
      const refusal = await feeds.give(one, line);
      if (refusal !== undefined) {
        quarantined = true;
        load.note(file, line, [{ column: '', reason: refusal }], true);
      }
    }
    if (flags.length === 0) continue;
    flagged = true;
    load.note(file, line, flags, false);
  }
  if (quarantined) load.counts.quarantined += 1;
  else if (flagged) load.counts.flagged += 1;
}

function factRow(
  load: IngestLoad,
  { fileName }: KeptFile,
  drop: DropTally,
  line: number,
  values: Record<string, unknown>,
): FactRow {
  const { tenant, region, source } = load.ingest;
  const origin = { Tenant: tenant, Region: region, x_DropId: drop.id, x_Source: source, x_SourceFile: fileName };
  return { ...values, ...origin, x_SourceLine: line, ChargePeriodStart: String(values['ChargePeriodStart']) };
}

/** The sinks of one file, each opened when the first item for it comes. */
class Feeds {
  readonly #load: IngestLoad;
  readonly #file: KeptFile;
  // The items of one feed are of one kind; the key tells which.
  readonly #feeds = new Map<string, SinkFeed<unknown>>();

  constructor(load: IngestLoad, file: KeptFile) {
    this.#load = load;
    this.#file = file;
  }

  /** @returns why the item cannot be kept, undefined where it is */
  async give(mapped: Exclude<Mapped, { kind: 'charge' | 'quarantined' }>, line: number): Promise<string | undefined> {
    const { llmRequests, jobs, gpuSamples } = this.#load.deps.sinks;
    switch (mapped.kind) {
      case 'llm-request':
        return this.#giveTo('language model requests', llmRequests, mapped.request, line);
      case 'job':
        return this.#giveTo('jobs', jobs, mapped.job, line);
      case 'gpu-sample':
        return this.#giveTo('GPU samples', gpuSamples, mapped.sample, line);
    }
  }

  /** Items kept, when all of them are. */
  async end(): Promise<number> {
    let kept = 0;
    for (const feed of this.#feeds.values()) kept += await feed.end();
    return kept;
  }

  async abort(error: unknown): Promise<void> {
    for (const feed of this.#feeds.values()) await feed.abort(error);
  }

  async #giveTo<T>(what: string, sink: Sink<T> | undefined, item: T, line: number): Promise<string | undefined> {
    if (sink === undefined) return `This service keeps no ${what}`;
    const { tenant, region, source, id } = this.#load.ingest;
    const batch = { tenant, region, source, ingestId: id, fileName: this.#file.fileName };
    const feed = (this.#feeds.get(what) as SinkFeed<T> | undefined) ?? new SinkFeed(sink, batch);
    this.#feeds.set(what, feed);
    await feed.give(item, line);
    return undefined;
  }
}

/** The rows of one INSERT, taken one by one from those of the file. */
class Batch {
  /** The row that begins the next batch; undefined at the end of the file. */
  next: IteratorResult<FactRow> | undefined;
  failure: unknown;
  readonly #source: AsyncGenerator<FactRow>;
  readonly #first: FactRow;
  readonly #limit: number;

  constructor(source: AsyncGenerator<FactRow>, first: FactRow, limit: number) {
    this.#source = source;
    this.#first = first;
    this.#limit = limit;
  }

  async *rows(): AsyncGenerator<FactRow> {
    const months = new Set([this.#first.ChargePeriodStart.slice(0, 7)]);
    yield this.#first;
    for (let taken = 1; ; taken++) {
      const next = await this.#read();
      if (next.done) return;
      months.add(next.value.ChargePeriodStart.slice(0, 7));
      if (taken === this.#limit || months.size > maxMonthsPerBatch) {
        this.next = next;
        return;
      }
      yield next.value;
    }
  }

  async #read(): Promise<IteratorResult<FactRow>> {
    try {
      return await this.#source.next();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}
