import { Worker } from 'node:worker_threads';
import type { Store } from '../platform/store/index.ts';
import type { WriteEntries } from './answer-book.ts';
import { insertEntries, type InsertedEntries } from './entry-repository.ts';
import { sealedEntry, type EntryKey, type NewAnswer } from './entry-sealing.ts';

/** What the other thread is begun with. */
export interface WriterData {
  /** Of the store. */
  url: string;
}

export interface WriterQuestion {
  id: number;
  entries: readonly NewAnswer[];
  /** By tenant. */
  keys: ReadonlyMap<string, EntryKey>;
}

export type WriterAnswer = { id: number } & ({ inserted: InsertedEntries } | { failure: string });

interface Asked {
  resolve(inserted: InsertedEntries): void;
  reject(error: Error): void;
}

const server = new URL('./entry-writer-server.ts', import.meta.url);
/** The other thread has one portion at a time. */
const resourceLimits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 };

/** Writes entries in this thread. */
export function writeHere(store: Store): WriteEntries {
  return (entries, keys) =>
    insertEntries(
      store,
      entries.map((entry) => sealedEntry(entry, keys.get(entry.answer.tenant)!)),
    );
}

/**
 * Writes entries in a thread of their own, begun with the first of them: what it takes to seal them and to hand them to the store
 * is time in which the gateway would answer no call.
 */
export class EntryWriter {
  readonly #url: string;
  readonly #asked = new Map<number, Asked>();
  #worker: Worker | undefined;
  #id = 0;

  constructor({ url }: Pick<Store, 'url'>) {
    this.#url = url;
  }

  readonly write: WriteEntries = (entries, keys) =>
    new Promise((resolve, reject) => {
      const id = ++this.#id;
      this.#asked.set(id, { resolve, reject });
      const used = new Map([...keys].map(([tenant, { id, secret }]) => [tenant, { id, secret }]));
      const question: WriterQuestion = { id, entries, keys: used };
      (this.#worker ??= this.#begun()).postMessage(question);
    });

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #begun(): Worker {
    const workerData: WriterData = { url: this.#url };
    const worker = new Worker(server, { workerData, resourceLimits });
    worker.unref();
    worker.on('message', (answer: WriterAnswer) => {
      const asked = this.#asked.get(answer.id);
      this.#asked.delete(answer.id);
      if ('inserted' in answer) asked?.resolve(answer.inserted);
      else asked?.reject(new Error(`The answers were not kept: ${answer.failure}`));
    });
    worker.on('error', (error) => this.#ended(worker, error as Error));
    worker.on('exit', () => this.#ended(worker, new Error('The thread that keeps answers has ended.')));
    return worker;
  }

  /** What it was asked waits for the next turn, and for another thread. */
  #ended(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}
