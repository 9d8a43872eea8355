import { mkdirSync, writeSync } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { PassingMap } from '../platform/collections/index.ts';
import { JournalFolder } from './journal-folder-file.ts';
import {
  Likenesses,
  lineOf,
  overLineOf,
  type BegunCall,
  type EndedCall,
  type Line,
  type SettledCall,
} from './journal-line.ts';
import { deliverDead, fileName, numbersIn, readFileLines, type Deliver } from './journal-reading-file.ts';

export type { BegunCall, EndedCall, SettledCall } from './journal-line.ts';
export type { Delivery, Remains, UnsettledCall } from './journal-reading-file.ts';

/** A call that is under way. */
interface OpenCall {
  call: BegunCall;
  /** Number of the file in which its beginning stands. */
  file?: number;
}

interface Waiting {
  line: Line;
  /** The call that begins or ends with it. */
  open?: OpenCall | undefined;
  /** It stands in an older file already. */
  isCarried?: boolean;
  /** Once it is written. */
  after?: (() => void) | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

/** Calls of a file that are still in memory as well. */
interface Kept {
  ended: EndedCall[];
  settled: SettledCall[];
}

/** While nothing can be delivered, files are not begun by the second but when the last one is large. */
const fewFiles = 20;
const manyLines = 20_000;
/** More lines than that are worth more calls: a large batch costs the warehouse little more than a small one. */
const batchLines = 600;
const batchMs = 4_000;
/** Calls that wait in memory besides on disk; further ones are read again. */
const mostKept = 20_000;
/**
 * One write that takes very long, or two of this process that take long one after the other, show a disk that keeps callers
 * waiting: writes are left to another thread for a while. One alone may have waited for a processor.
 */
const slowWriteMs = 5;
const verySlowWriteMs = 25;
const slowForMs = 10_000;

/**
 * Calls on disk until the warehouse has them. A call is written twice: when it goes out, and when it came to an end; one with
 * money held for it a third time, when it is settled. What `begin`, `end` and `settle` acknowledged is in the file (and
 * survives the death of the process); what a dead process left behind is handed over by whoever lives.
 *
 * Files: `<process>/<number>.ndjson`, the highest being written, those below waiting to be delivered.
 */
export class UsageJournal {
  readonly #root: string;
  readonly #folder: JournalFolder;
  readonly #open = new PassingMap<string, OpenCall>();
  /** Tries that ended, of calls that are not settled yet. */
  readonly #owed = new PassingMap<string, EndedCall[]>();
  readonly #kept = new Map<number, Kept>();
  #file: FileHandle | undefined;
  #number = 0;
  #queue: Waiting[] = [];
  #write: Promise<void> | undefined;
  #lines = 0;
  #begunAt = 0;
  /** Of the file that is written. */
  #likenesses = new Likenesses();
  #keptCalls = 0;
  #slowUntil = 0;
  #wasSlow = false;
  /** The last write broke off, maybe in the middle of a line. */
  #isTorn = false;
  /** In this file stands whatever was not over when it was begun: older ones may go. */
  #carried = 1;

  constructor(root: string) {
    this.#root = root;
    this.#folder = new JournalFolder(root);
  }

  /** Names the journal of this process. */
  get holder(): string {
    return this.#folder.holder;
  }

  /** Call once, before anything else. */
  async start(): Promise<void> {
    mkdirSync(this.#root, { recursive: true });
    await this.#folder.claim();
    await this.#next(1);
  }

  /** Calls that are under way. */
  get open(): number {
    return this.#open.size;
  }

  begin(call: BegunCall): Promise<void> {
    const open = { call };
    this.#open.set(call.id, open);
    return this.#append({ line: { begun: call }, open });
  }

  end(call: EndedCall): Promise<void> {
    const open = this.#open.get(call.id);
    const { reservation, currency } = open?.call ?? {};
    const ended = reservation === undefined ? call : { ...call, reservation, ...(currency ? { currency } : {}) };
    if (reservation !== undefined) this.#owed.set(reservation, [...(this.#owed.get(reservation) ?? []), ended]);
    return this.#append({ line: { ended }, open, after: () => void this.#open.delete(call.id) });
  }

  settle(call: SettledCall): Promise<void> {
    return this.#append({ line: { settled: call }, after: () => void this.#owed.delete(call.reservation) });
  }

  /**
   * Hands over what has ended since the last time, file by file, and what the dead left behind, and forgets it once `deliver`
   * resolved; what it was given before it failed comes again. Calls under way move on to the new file. A file that grows fast is
   * handed over every few seconds only. @param isLast hands over everything
   */
  async deliver(deliver: Deliver, isLast = false): Promise<void> {
    if (isLast) await this.#written();
    if (this.#lines > 0 && (isLast || this.#isDue)) await this.#rotate();
    // What waits for the store must not keep from the warehouse what needs only that, nor the other way round; and a full disk
    // keeps nobody from taking what can go.
    const failures: unknown[] = [];
    if (this.#carried < this.#number) await this.#carry().catch((error: unknown) => failures.push(error));
    for (const [holder, path] of await this.#folder.adopt())
      await deliverDead(holder, path, deliver).then(
        () => this.#folder.forget(holder),
        (error: unknown) => failures.push(error),
      );
    for (const number of numbersIn(this.#folder.path)) {
      if (number >= this.#carried) continue;
      const kept = this.#kept.get(number) ?? (await readFileLines(this.#path(number)));
      await deliver({ ended: kept.ended, settled: kept.settled, lost: [] });
      await unlink(this.#path(number));
      this.#keptCalls -= this.#kept.get(number)?.ended.length ?? 0;
      this.#kept.delete(number);
    }
    if (failures.length > 0) throw failures[0];
  }

  async close(): Promise<void> {
    await this.#written();
    await this.#file?.close();
    this.#file = undefined;
    const isOver = this.#open.size === 0 && this.#owed.size === 0;
    const isEmpty = isOver && this.#lines === 0 && numbersIn(this.#folder.path).length === 1;
    await this.#folder.release(isEmpty);
  }

  get #isDue(): boolean {
    if (numbersIn(this.#folder.path).length >= fewFiles) return this.#lines > manyLines;
    return this.#lines < batchLines || this.#lines > manyLines || performance.now() - this.#begunAt >= batchMs;
  }

  async #rotate(): Promise<void> {
    const old = this.#file;
    await this.#next(this.#number + 1);
    // The write in flight still goes to the old file.
    await this.#write;
    await old?.close();
  }

  /** Writes what is not over into the present file. */
  async #carry(): Promise<void> {
    const number = this.#number;
    const owed = [...this.#owed.values()].flat().map((call) => this.#append({ line: { owed: call }, isCarried: true }));
    const open = [...this.#open.values()].map((one) =>
      this.#append({ line: { begun: one.call }, open: one, isCarried: true }),
    );
    const failed = (await Promise.allSettled([...owed, ...open])).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    this.#carried = number;
  }

  async #next(number: number): Promise<void> {
    const file = await open(this.#path(number), 'a');
    this.#file = file;
    this.#number = number;
    this.#begunAt = performance.now();
    this.#lines = 0;
    this.#likenesses = new Likenesses();
    if (this.#keptCalls < mostKept) this.#kept.set(number, { ended: [], settled: [] });
  }

  #append(one: Omit<Waiting, 'resolve' | 'reject'>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...one, resolve, reject });
      this.#write ??= this.#drain();
    });
  }

  /** One write for all that comes in one turn of the event loop. */
  async #drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const batch = this.#queue;
    this.#queue = [];
    const file = this.#file;
    const number = this.#number;
    try {
      if (!file) throw new Error('The journal of usage is closed.');
      for (const { isCarried } of batch) if (isCarried !== true) this.#lines += 1;
      this.#keep(batch);
      // What follows half a line is a line of its own.
      let text = this.#isTorn ? '\n' : '';
      for (const { line, open } of batch)
        if ('begun' in line) text += this.#likenesses.lineOf(line.begun);
        else text += 'ended' in line && open?.file === number ? overLineOf(open.call, line.ended) : lineOf(line);
      await this.#put(file, text);
      this.#isTorn = false;
      for (const { line, open, after, resolve } of batch) {
        if (open && 'begun' in line) open.file = number;
        after?.();
        resolve();
      }
    } catch (error) {
      this.#isTorn = true;
      this.#likenesses = new Likenesses();
      for (const { line, isCarried, reject } of batch) {
        // Whoever began it hears that it is not written.
        if ('begun' in line && isCarried !== true) this.#open.delete(line.begun.id);
        reject(error);
      }
    }
    this.#write = this.#queue.length > 0 ? this.#drain() : undefined;
  }

  /** A write into the page cache takes microseconds, less than asking another thread for it does. */
  async #put(file: FileHandle, text: string): Promise<void> {
    const from = performance.now();
    if (from < this.#slowUntil) return file.appendFile(text);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(file.fd, bytes, at);
    const to = performance.now();
    const isSlow = to - from > slowWriteMs;
    if (to - from > verySlowWriteMs || (isSlow && this.#wasSlow)) this.#slowUntil = to + slowForMs;
    this.#wasSlow = isSlow;
  }

  #keep(batch: readonly Waiting[]): void {
    const kept = this.#kept.get(this.#number);
    if (!kept) return;
    for (const { line } of batch) {
      if ('ended' in line) {
        kept.ended.push(line.ended);
        this.#keptCalls += 1;
      } else if ('settled' in line) kept.settled.push(line.settled);
    }
    if (this.#keptCalls <= mostKept) return;
    this.#keptCalls -= kept.ended.length;
    this.#kept.delete(this.#number);
  }

  async #written(): Promise<void> {
    while (this.#write) await this.#write;
  }

  #path(number: number): string {
    return join(this.#folder.path, fileName(number));
  }
}
