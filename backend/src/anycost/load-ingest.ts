import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { billError } from './bill-error.ts';
import type { Connector, SourceSettings } from './connector.ts';
import { abandonLoading, claimActivation, noteActive, noteLoading } from './drop-ledger.ts';
import { activateDrops, activeHashes, countRows } from './drop-repository.ts';
import { newTally, type DropTally } from './drop-tally.ts';
import { maxFindingsKept, type Ingest, type KeptFile, type LineFinding } from './ingest.ts';
import { findSameBytes, type Counts } from './ingest-repository.ts';
import type { Lake } from './lake-files.ts';
import { loadMapped } from './load-mapped.ts';
import { loadPlain } from './load-plain.ts';
import type { RowRules, Sinks } from './ports.ts';
import { Staging } from './staging-reader.ts';

export interface LoadDeps {
  warehouse: Warehouse;
  store: Store;
  lake: Lake;
  clock: Clock;
  connector: Connector;
  source: SourceSettings;
  sinks: Sinks;
  rules: RowRules;
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
  /** Months that a load for the second time may replace, with the drops that stand there. Absent: whatever the files hold. */
  reload?: ReadonlyMap<string, { dropId: string; version: bigint }>;
  onProgress?(counts: Counts): Promise<void>;
}

/** Billing months of one ingest; more are a column that was mixed up. */
const maxPeriods = 60;

/**
 * Loads an ingest from the lake so that readers see either what they saw before or the whole of it: rows go in under new
 * drop ids, are counted in every table, and become visible by one insert. Killed at any point, it may simply run again.
 * @throws AppError UNPROCESSABLE where no record can be used; the version before stays visible
 */
export async function loadIngest(deps: LoadDeps, ingest: Ingest, options: LoadOptions = {}): Promise<Loaded> {
  await abandonLoading(deps.store, ingest.id, deps.clock.now());
  const same = options.reload ? undefined : await findSameBytes(deps.store, ingest);
  if (same && (await areVisible(deps.warehouse, ingest, same.periods)))
    return { ...same, unchanged: true, findings: [] };
  const load = new IngestLoad(deps, ingest, options);
  for (const file of ingest.files) await load.loadFile(file);
  await load.activate();
  return { counts: load.counts, periods: [...load.drops.keys()].sort(), unchanged: false, findings: load.findings };
}

/** Whether what readers see of these months are these very bytes: a later file may have replaced some of them. */
async function areVisible(warehouse: Warehouse, ingest: Ingest, periods: readonly string[]): Promise<boolean> {
  const visible = await activeHashes(warehouse, ingest);
  return periods.length > 0 && periods.every((period) => visible.get(period) === ingest.contentHash);
}

/** One try to load an ingest: what was read so far, and the drops that grow. */
export class IngestLoad {
  readonly counts: Counts = { read: 0, loaded: 0, items: 0, quarantined: 0, flagged: 0 };
  readonly drops = new Map<string, DropTally>();
  readonly findings: LineFinding[] = [];
  readonly deps: LoadDeps;
  readonly ingest: Ingest;
  readonly options: LoadOptions;

  constructor(deps: LoadDeps, ingest: Ingest, options: LoadOptions) {
    this.deps = deps;
    this.ingest = ingest;
    this.options = options;
  }

  async loadFile(file: KeptFile): Promise<void> {
    const { warehouse, lake } = this.deps;
    const staging = await Staging.of(warehouse, lake.pathOf(file.lakePath));
    if (staging.rows === 0) return;
    try {
      if (!(await loadPlain(this, file, staging))) {
        await staging.fill();
        await loadMapped(this, file, staging);
      }
    } finally {
      await staging.drop();
    }
  }

  /** Makes visible what was loaded. */
  async activate(): Promise<void> {
    const { warehouse, store, clock } = this.deps;
    await this.#emptyDrop();
    // What another room computed is whole or it is wrong: a month without some of its charges would look like a saving.
    if (this.isComputed && this.counts.quarantined > 0) throw billError(this.#firstFinding());
    if (this.counts.loaded + this.counts.items === 0 && this.drops.size === 0 && !this.options.reload)
      throw billError(this.#nothingUsable());
    const drops = [...this.drops.values()].filter(({ rows }) => rows > 0 || this.isComputed);
    if (drops.length === 0) return;
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
    const begun = drops.filter(({ isRestored }) => !isRestored);
    if (!(await claimActivation(store, begun, clock.now())))
      throw new AppError('CONFLICT', 'Another worker has taken this bill over.');
    await activateDrops(warehouse, this.ingest, drops, clock.now());
    await noteActive(store, this.ingest, drops, clock.now());
  }

  get isComputed(): boolean {
    return this.ingest.connector === 'computed';
  }

  /** The drop of a month; undefined where this load may not replace that month. */
  async dropOf(period: string): Promise<DropTally | undefined> {
    const known = this.drops.get(period);
    if (known) return known;
    if (this.options.reload && !this.options.reload.has(period)) return undefined;
    if (this.drops.size >= maxPeriods)
      throw billError(`The file has bills of more than ${maxPeriods} months; split it. Nothing was kept.`);
    const tally = await this.#newDrop(period);
    this.drops.set(period, tally);
    return tally;
  }

  /** Remembers remarks about a line, as many as are kept. */
  note(file: KeptFile, line: number, found: readonly { column: string; reason: string }[], quarantined: boolean): void {
    for (const finding of found)
      if (this.findings.length < maxFindingsKept)
        this.findings.push({ ...finding, file: file.fileName, line, quarantined });
  }

  async progress(): Promise<void> {
    this.options.signal?.throwIfAborted();
    await this.options.onProgress?.(this.counts);
  }

  async #newDrop(period: string): Promise<DropTally> {
    const { store, warehouse, clock } = this.deps;
    const standing = this.options.reload?.get(period);
    // A warehouse that lost its rows gets them back under the ids that they had; whoever reloads holds the lock of the ingest.
    const lost =
      standing && (await countRows(warehouse, [standing.dropId])).get(standing.dropId)!.every((lines) => lines === 0);
    if (lost) return newTally(standing.dropId, period, standing.version, true);
    // Each try of a file outranks the one before, so that a worker that was thought dead cannot win by being late.
    const tally = newTally(randomUUID(), period, this.ingest.version + BigInt(this.ingest.attempts));
    await noteLoading(store, this.ingest, tally, clock.now());
    return tally;
  }

  /** A month for which the service computed nothing has a version too: one without rows. */
  async #emptyDrop(): Promise<void> {
    const { period } = this.ingest;
    if (this.isComputed && period !== undefined && this.counts.read === 0) await this.dropOf(period);
  }

  #firstFinding(): string {
    const [first] = this.findings;
    return `${this.counts.quarantined} of ${this.counts.read} computed charges cannot be kept, so nothing was replaced. Charge ${first?.line}: ${first?.reason}.`;
  }

  #nothingUsable(): string {
    if (this.counts.read === 0) return 'The file has a header but no rows; nothing was kept.';
    const [first] = this.findings;
    return first === undefined
      ? `None of the ${this.counts.read} records is a charge, a request, a job or a sample, so nothing was replaced.`
      : `None of the ${this.counts.read} rows can be used, so nothing was replaced. Line ${first.line}: ${first.reason}.`;
  }
}
