import { mkdirSync, readdirSync } from 'node:fs';
import { open, readFile, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { LlmRequest } from '../anycost/index.ts';

/** A call that was sent to a provider: kept before its answer is handed on, so that a crash forgets none. */
export interface BegunCall {
  id: string;
  /** Where its usage belongs. */
  tenant: string;
  region: string;
  /** What is known before the answer: counted where the process dies in between. */
  request: LlmRequest;
  /** Reservation that its cost settles. */
  reservation?: string;
}

/** What a call came to. */
export type EndedCall = Omit<BegunCall, 'reservation'>;

/** What all tries of a call cost together. */
export interface SettledCall {
  reservation: string;
  /** Exact decimal, in the currency of the reservation. */
  cost: string;
}

type Line = { begun: BegunCall } | { ended: EndedCall } | { settled: SettledCall };

/** What is handed over at a time. */
export interface Delivery {
  ended: readonly EndedCall[];
  settled: readonly SettledCall[];
  /** Begun by a process that died before they ended. */
  lost: readonly BegunCall[];
}

interface FileLines {
  ended: EndedCall[];
  settled: SettledCall[];
  begun: BegunCall[];
}

interface Waiting {
  text: string;
  resolve(): void;
  reject(error: unknown): void;
}

const suffix = '.ndjson';
/** While nothing can be delivered, files are not begun by the second but when the last one is large. */
const fewFiles = 20;
const manyLines = 20_000;

/**
 * Calls on disk until the warehouse has them. A call is written twice: when it goes out, and when it came to an end. What
 * `begin` and `end` acknowledged is in the file (and survives the death of the process); what a dead process left behind
 * without an end is handed over as begun.
 *
 * Files: `<number>.ndjson`, the highest being written, those below waiting to be delivered. One process, one folder.
 */
export class UsageJournal {
  readonly #folder: string;
  readonly #open = new Map<string, BegunCall>();
  #file: FileHandle | undefined;
  #number = 0;
  /** Files below this number were written by a process that is gone. */
  #first = 0;
  #queue: Waiting[] = [];
  #write: Promise<void> | undefined;
  #lines = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Call once, before anything else. */
  async start(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    this.#first = Math.max(0, ...this.#numbers()) + 1;
    await this.#next(this.#first);
  }

  /** Calls that are under way. */
  get open(): number {
    return this.#open.size;
  }

  begin(call: BegunCall): Promise<void> {
    this.#open.set(call.id, call);
    return this.#append({ begun: call });
  }

  async end(call: EndedCall): Promise<void> {
    await this.#append({ ended: call });
    this.#open.delete(call.id);
  }

  settle(call: SettledCall): Promise<void> {
    return this.#append({ settled: call });
  }

  /**
   * Hands over what has ended since the last time, file by file, and forgets a file once `deliver` resolved; what it was given
   * before it failed comes again. Calls under way move on to the new file.
   */
  async deliver(deliver: (delivery: Delivery) => Promise<void>): Promise<void> {
    if (this.#lines > 0 && (this.#numbers().length < fewFiles || this.#lines > manyLines)) await this.#rotate();
    await this.#deliverDead(deliver);
    for (const number of this.#numbers()) {
      if (number < this.#first || number === this.#number) continue;
      const { ended, settled } = await this.#read(number);
      await deliver({ ended, settled, lost: [] });
      await unlink(this.#path(number));
    }
  }

  async close(): Promise<void> {
    while (this.#write) await this.#write;
    await this.#file?.close();
    this.#file = undefined;
  }

  /** A call may have begun in one file and ended in the next: only all of them together tell which were lost. */
  async #deliverDead(deliver: (delivery: Delivery) => Promise<void>): Promise<void> {
    const dead = this.#numbers().filter((number) => number < this.#first);
    if (dead.length === 0) return;
    const begun = new Map<string, BegunCall>();
    const done = new Set<string>();
    for (const number of dead) {
      const read = await this.#read(number);
      await deliver({ ended: read.ended, settled: read.settled, lost: [] });
      for (const call of read.begun) begun.set(call.id, call);
      for (const { id } of read.ended) done.add(id);
    }
    const lost = [...begun.values()].filter(({ id }) => !done.has(id));
    if (lost.length > 0) await deliver({ ended: [], settled: [], lost });
    for (const number of dead) await unlink(this.#path(number));
  }

  async #rotate(): Promise<void> {
    const old = this.#file;
    await this.#next(this.#number + 1);
    // The write in flight still goes to the old file.
    await this.#write;
    await old?.close();
    // Calls under way stand in the new file before the old one can be forgotten.
    const carried = [...this.#open.values()].map((begun) => lineOf({ begun })).join('');
    if (carried !== '') await this.#file!.appendFile(carried);
  }

  async #next(number: number): Promise<void> {
    const file = await open(this.#path(number), 'a');
    this.#file = file;
    this.#number = number;
    this.#lines = 0;
  }

  async #read(number: number): Promise<FileLines> {
    const lines: FileLines = { ended: [], settled: [], begun: [] };
    for (const text of (await readFile(this.#path(number), 'utf8')).split('\n')) {
      const line = readLine(text);
      if (!line) continue;
      if ('ended' in line) lines.ended.push(line.ended);
      else if ('settled' in line) lines.settled.push(line.settled);
      else lines.begun.push(line.begun);
    }
    return lines;
  }

  #append(line: Line): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ text: lineOf(line), resolve, reject });
      this.#write ??= this.#drain();
    });
  }

  /** One write at a time, with all that came meanwhile. */
  async #drain(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    const file = this.#file;
    try {
      if (!file) throw new Error('The journal of usage is closed.');
      this.#lines += batch.length;
      await file.appendFile(batch.map(({ text }) => text).join(''));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#write = this.#queue.length > 0 ? this.#drain() : undefined;
  }

  #numbers(): number[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(suffix))
      .map((name) => Number(name.slice(0, -suffix.length)))
      .filter((number) => Number.isSafeInteger(number))
      .sort((one, other) => one - other);
  }

  #path(number: number): string {
    return join(this.#folder, `${String(number).padStart(10, '0')}${suffix}`);
  }
}

function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

/** The last line of a process that was killed may be half of one. */
function readLine(line: string): Line | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
