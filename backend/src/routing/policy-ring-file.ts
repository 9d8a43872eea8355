import { mkdirSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Store } from '../platform/store/index.ts';
import { LivePolicies, type LivePolicy } from './live-policies.ts';
import type { Policy } from './policy.ts';
import { listLive, revisionOf } from './policy-repository.ts';
import { fileVersion } from './policy-text.ts';

interface Saved {
  revision: string;
  policies: LivePolicy[];
}

/**
 * The policies that serve, in memory, as new as a second: a call needs no question to the store. A copy on disk lets a gateway
 * that starts while the store is away decide by the policies that it knew last.
 */
export class PolicyRing {
  readonly #store: Store;
  readonly #path: string;
  readonly #fixed: readonly Policy[];
  readonly #onNew: (policies: LivePolicies) => void;
  #revision: string | undefined;

  /** @param parts `onNew` is called with everything that serves, whenever that has changed */
  constructor(parts: {
    store: Store;
    path: string;
    fixed: readonly Policy[];
    onNew: (policies: LivePolicies) => void;
  }) {
    this.#store = parts.store;
    this.#path = parts.path;
    this.#fixed = parts.fixed.map((policy) => ({ ...policy, version: fileVersion(policy) }));
    this.#onNew = parts.onNew;
  }

  /** Takes over the copy on disk, and the policies of the configuration. Call once before `refresh`. */
  async recall(): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true });
    let policies: LivePolicy[] = [];
    try {
      ({ policies } = JSON.parse(await readFile(this.#path, 'utf8')) as Saved);
    } catch {
      // There is no copy yet, or half of one: the store has them all.
    }
    this.#onNew(new LivePolicies(this.#fixed, policies));
  }

  /** Looks whether anything changed, and takes it over. @throws where the store is away; what is known stays */
  async refresh(): Promise<void> {
    const revision = await revisionOf(this.#store);
    if (revision === this.#revision) return;
    const policies = await listLive(this.#store);
    this.#onNew(new LivePolicies(this.#fixed, policies));
    this.#revision = revision;
    const saved: Saved = { revision, policies };
    await writeFile(`${this.#path}.new`, JSON.stringify(saved), { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
  }
}
