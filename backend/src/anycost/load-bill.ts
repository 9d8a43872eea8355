import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { billError } from './bill-error.ts';
import { csvRecords } from './csv-records.ts';
import type { BillRecord } from './csv-scanner.ts';
import { abandonLoading, claimActivation, noteActive, noteLoading } from './drop-ledger.ts';
import { activateDrops, activeHashes, countRows, insertFacts } from './drop-repository.ts';
import { count, newTally, type DropTally } from './drop-tally.ts';
import { parseHeader, type Header } from './focus-columns.ts';
import { mapRow, type FocusRow } from './focus-row.ts';
import { maxFindingsKept, type Ingest, type LineFinding } from './ingest.ts';
import { findSameBytes, type Counts } from './ingest-repository.ts';
import type { Lake } from './lake-files.ts';
import { parquetRecords } from './parquet-reader.ts';

export interface LoadDeps {
  warehouse: Warehouse;
  store: Store;
  lake: Lake;
  clock: Clock;
}

export interface Loaded {
  counts: Counts;
  periods: string[];
  unchanged: boolean;
  findings: LineFinding[];
}

export interface LoadOptions {
  signal?: AbortSignal;
  /** Rows of one INSERT. */
  batchRows?: number;
  onProgress?(counts: Counts): Promise<void>;
}

/** Rows of one INSERT; memory does not depend on it, for rows are streamed. */
const defaultBatchRows = 100_000;
/** The engine refuses a block that touches more than a hundred partitions, which are months. */
const maxMonthsPerBatch = 80;
/** Billing months of one file; more are a column that was mixed up. */
const maxPeriods = 60;

/**
 * Loads a bill from the lake so that readers see either what they saw before or the whole of it: rows go in under new drop
 * ids, are counted in every table, and become visible by one insert. Killed at any point, it may simply run again.
 * @throws AppError UNPROCESSABLE where no row of the file can be used; the version before stays visible
 */
export async function loadBill(deps: LoadDeps, ingest: Ingest, options: LoadOptions = {}): Promise<Loaded> {
  await abandonLoading(deps.store, ingest.id, deps.clock.now());
  const same = await findSameBytes(deps.store, ingest);
  if (same && (await areVisible(deps.warehouse, ingest, same.periods)))
    return { ...same, unchanged: true, findings: [] };
  const load = new BillLoad(deps, ingest, options);
  await load.insertRows();
  await load.activate();
  return { counts: load.counts, periods: [...load.drops.keys()].sort(), unchanged: false, findings: load.findings };
}

/** Whether what readers see of these months are these very bytes: a later file may have replaced some of them. */
async function areVisible(warehouse: Warehouse, ingest: Ingest, periods: readonly string[]): Promise<boolean> {
  const visible = await activeHashes(warehouse, ingest);
  return periods.length > 0 && periods.every((period) => visible.get(period) === ingest.contentHash);
}

class BillLoad {
  readonly counts: Counts = { read: 0, loaded: 0, quarantined: 0, flagged: 0 };
  readonly drops = new Map<string, DropTally>();
  readonly findings: LineFinding[] = [];
  readonly #deps: LoadDeps;
  readonly #ingest: Ingest;
  readonly #options: LoadOptions;

  constructor(deps: LoadDeps, ingest: Ingest, options: LoadOptions) {
    this.#deps = deps;
    this.#ingest = ingest;
    this.#options = options;
  }

  async insertRows(): Promise<void> {
    const rows = this.#rows();
    try {
      let next = await rows.next();
      while (!next.done) next = (await this.#insertBatch(rows, next.value)) ?? { done: true, value: undefined };
    } finally {
      await rows.return(undefined);
    }
    if (this.counts.loaded === 0) throw billError(this.#nothingUsable());
  }

  /** Returns the row that begins the next batch. The first one is given: an INSERT without rows is an error. */
  async #insertBatch(rows: AsyncGenerator<FactRow>, first: FactRow): Promise<IteratorResult<FactRow> | undefined> {
    this.#options.signal?.throwIfAborted();
    const batch = new Batch(rows, first, this.#options.batchRows ?? defaultBatchRows);
    try {
      await insertFacts(this.#deps.warehouse, batch.rows(), this.#options.signal);
    } catch (error) {
      // What broke the source of the rows says more than the INSERT that it broke.
      throw batch.failure ?? error;
    }
    await this.#options.onProgress?.(this.counts);
    return batch.next;
  }

  async activate(): Promise<void> {
    const { warehouse, store, clock } = this.#deps;
    const drops = [...this.drops.values()].filter(({ rows }) => rows > 0);
    const found = await countRows(
      warehouse,
      drops.map(({ id }) => id),
    );
    for (const drop of drops) {
      if (found.get(drop.id)!.every((lines) => lines === drop.rows)) continue;
      const text = `${drop.rows} rows of ${drop.period} were written, but the warehouse holds ${found.get(drop.id)!.join(', ')}.`;
      throw new AppError('INTERNAL', text, {
        help: 'The load is repeated by itself; the version before stays visible.',
      });
    }
    if (!(await claimActivation(store, drops, clock.now())))
      throw new AppError('CONFLICT', 'Another worker has taken this bill over.');
    await activateDrops(warehouse, this.#ingest, drops, clock.now());
    await noteActive(store, this.#ingest, drops, clock.now());
  }

  async *#rows(): AsyncGenerator<FactRow> {
    let header: Header | undefined;
    for await (const { line, fields } of this.#records()) {
      if (header === undefined) {
        const parsed = parseHeader(fields);
        if (!parsed.ok) throw billError(parsed.reason);
        header = parsed.header;
        continue;
      }
      this.counts.read += 1;
      const mapped = mapRow(fields, header);
      if (!mapped.ok) {
        this.counts.quarantined += 1;
        this.#note(line, mapped.findings, true);
        continue;
      }
      if (mapped.flags.length > 0) {
        this.counts.flagged += 1;
        this.#note(line, mapped.flags, false);
      }
      const drop = await this.#dropOf(this.#ingest.period ?? mapped.period);
      count(drop, mapped);
      this.counts.loaded += 1;
      yield this.#factRow(drop, line, mapped.row);
    }
  }

  #records(): AsyncIterable<BillRecord> {
    const { lake, warehouse } = this.#deps;
    const { format, lakePath, id, attempts } = this.#ingest;
    if (format === 'parquet')
      return parquetRecords(warehouse, lake.pathOf(lakePath), `anycost_staging_${id}_${attempts}`);
    return csvRecords(lake.read(lakePath), format === 'csv.gz');
  }

  #factRow(drop: DropTally, line: number, row: FocusRow): FactRow {
    const { tenant, region, source, fileName } = this.#ingest;
    const origin = { Tenant: tenant, Region: region, x_DropId: drop.id, x_Source: source, x_SourceFile: fileName };
    return { ...row, ...origin, x_SourceLine: line, ChargePeriodStart: row.ChargePeriodStart ?? '' };
  }

  async #dropOf(period: string): Promise<DropTally> {
    const known = this.drops.get(period);
    if (known) return known;
    if (this.drops.size >= maxPeriods)
      throw billError(`The file has bills of more than ${maxPeriods} months; split it. Nothing was kept.`);
    // Each try of a file outranks the one before, so that a worker that was thought dead cannot win by being late.
    const tally = newTally(randomUUID(), period, this.#ingest.version + BigInt(this.#ingest.attempts));
    await noteLoading(this.#deps.store, this.#ingest, tally, this.#deps.clock.now());
    this.drops.set(period, tally);
    return tally;
  }

  #note(line: number, findings: readonly { column: string; reason: string }[], quarantined: boolean): void {
    for (const finding of findings)
      if (this.findings.length < maxFindingsKept) this.findings.push({ ...finding, line, quarantined });
  }

  #nothingUsable(): string {
    if (this.counts.read === 0) return 'The file has a header but no rows; nothing was kept.';
    const [first] = this.findings;
    return `None of the ${this.counts.read} rows can be used, so nothing was replaced. Line ${first?.line}: ${first?.reason}.`;
  }
}

type FactRow = Record<string, unknown> & { ChargePeriodStart: string };

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
