import { mkdirSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../platform/clock/index.ts';
import type { Store } from '../platform/store/index.ts';
import { listLiveKeys, revisionOf, type KeptKey } from './key-repository.ts';
import { hashOf, type VirtualKey } from './virtual-key.ts';

const mostFound = 1_000;

interface Saved {
  revision: string;
  keys: KeptKey[];
}

/**
 * The keys that count, in memory, as new as a second: a call needs no question to the store. A copy on disk (hashes, no
 * secrets) lets a gateway that starts while the store is away serve the keys that it knew last.
 */
export class KeyRing {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #path: string;
  #byHash = new Map<string, VirtualKey>();
  /** Those that were found since the keys were read: to digest a secret takes as long as much else of a call together. */
  readonly #found = new Map<string, VirtualKey>();
  #revision: string | undefined;

  constructor(parts: { store: Store; clock: Clock; path: string }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#path = parts.path;
  }

  /** @returns the key with this secret; undefined where there is none or it is over. */
  find(secret: string): VirtualKey | undefined {
    const key = this.#found.get(secret) ?? this.#lookedUp(secret);
    if (key?.expiresAt !== undefined && Date.parse(key.expiresAt) <= this.#clock.now().getTime()) return undefined;
    return key;
  }

  #lookedUp(secret: string): VirtualKey | undefined {
    const key = this.#byHash.get(hashOf(secret));
    if (this.#found.size >= mostFound) this.#found.clear();
    if (key) this.#found.set(secret, key);
    return key;
  }

  /** Reads the copy on disk. Call once before `refresh`. */
  async recall(): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true });
    try {
      this.#take((JSON.parse(await readFile(this.#path, 'utf8')) as Saved).keys);
    } catch {
      // There is no copy yet, or half of one: the store has them all.
    }
  }

  /** Looks whether anything changed, and takes it over. @throws where the store is away; what is known stays */
  async refresh(): Promise<void> {
    const revision = await revisionOf(this.#store);
    if (revision === this.#revision) return;
    const keys = await listLiveKeys(this.#store, this.#clock.now());
    this.#take(keys);
    this.#revision = revision;
    const saved: Saved = { revision, keys };
    await writeFile(`${this.#path}.new`, JSON.stringify(saved), { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
  }

  #take(keys: readonly KeptKey[]): void {
    this.#byHash = new Map(keys.map((key) => [key.hash, key]));
    this.#found.clear();
  }
}
