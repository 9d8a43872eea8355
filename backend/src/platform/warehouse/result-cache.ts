import type { Clock } from '../clock/index.ts';
import type { Answer } from './answer-text.ts';

/** The text of an answer, so that whoever gets it parses rows of his own. */
interface Entry {
  text: string;
  storedAt: number;
}

export interface ResultCacheOptions {
  clock: Clock;
  maxEntries: number;
  maxCharacters: number;
}

/** Recent answers, the longest unused dropped first; bounded by number and size. */
export class ResultCache {
  /** Reads that have begun, by key: whoever asks the same waits for the same answer. */
  readonly underWay = new Map<string, Promise<Answer>>();
  readonly #clock: Clock;
  readonly #maxEntries: number;
  readonly #maxCharacters: number;
  readonly #entries = new Map<string, Entry>();
  #characters = 0;
  #writes = 0;

  constructor({ clock, maxEntries, maxCharacters }: ResultCacheOptions) {
    this.#clock = clock;
    this.#maxEntries = maxEntries;
    this.#maxCharacters = maxCharacters;
  }

  /** Writes so far: an answer that was read across one is not kept. */
  get writes(): number {
    return this.#writes;
  }

  get entries(): number {
    return this.#entries.size;
  }

  get characters(): number {
    return this.#characters;
  }

  /** The answer if it is at most `maxAgeSeconds` old, with its age in seconds. */
  get(key: string, maxAgeSeconds: number): { text: string; ageSeconds: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const ageSeconds = (this.#clock.now().getTime() - entry.storedAt) / 1000;
    if (ageSeconds > maxAgeSeconds || ageSeconds < 0) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return { text: entry.text, ageSeconds };
  }

  set(key: string, text: string): void {
    this.#remove(key);
    if (text.length > this.#maxCharacters / 4) return; // one large answer must not empty the rest
    this.#entries.set(key, { text, storedAt: this.#clock.now().getTime() });
    this.#characters += text.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#characters <= this.#maxCharacters) break;
      this.#remove(oldest);
    }
  }

  /** Drops every answer whose key names the table: it was written to. */
  forget(table: string): void {
    this.#writes += 1;
    for (const key of this.#entries.keys()) if (key.includes(table)) this.#remove(key);
    for (const key of this.underWay.keys()) if (key.includes(table)) this.underWay.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#characters = 0;
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#characters -= entry.text.length;
  }
}
