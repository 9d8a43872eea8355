import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { Store } from '../store/index.ts';
import type { Logger } from '../telemetry/index.ts';
import {
  deleteExpired,
  entriesAfter,
  insertEntry,
  insertRetention,
  lastExpired,
  listEntries,
  listHeads,
  lockHead,
  type AuditFilter,
} from './audit-repository.ts';
import { canonicalJson } from './canonical-json.ts';
import { appendCheckpoint, ensureSigningKey, readCheckpoints, writePublicKey } from './checkpoint-files.ts';
import { keyIdOf, signCheckpoint, type Checkpoint } from './checkpoint.ts';
import type { Audit, AuditEntry, AuditEvent } from './contract.ts';
import { bodyOf, genesisHash, hashOf, linkEntry, type ChainHead } from './hash-chain.ts';

export interface AuditParts {
  config: Pick<Config, 'audit' | 'dataDir'>;
  store: Store;
  clock: Clock;
  log: Logger;
}

/** The audit log with what its keeper needs besides writing and reading. */
export interface AuditLog extends Audit {
  /** Every entry of a tenant, oldest first, as the verifier wants it. */
  entries(tenant: string, signal?: AbortSignal): AsyncGenerator<AuditEntry>;
  /**
   * Signs where each tenant's chain stands and writes that to the directory of checkpoints. What came since the last
   * checkpoint is verified first; a chain that was changed is not signed. Run it on one process at a time.
   */
  checkpoint(): Promise<Checkpoint[]>;
  /** Removes entries older than `audit.retentionDays` behind a signed checkpoint. @returns how many. */
  applyRetention(): Promise<number>;
  readonly checkpointDir: string;
  /** PEM of the public half of the signing key. */
  readonly publicKey: string;
}

const pageSize = 1_000;
const deleteBatch = 2_000;
const dayMs = 86_400_000;

/** The audit log in the store, with its signing key under the data directory and its checkpoints in one of their own. */
export function createAudit(parts: AuditParts): AuditLog {
  return new StoredAudit(parts);
}

class StoredAudit implements AuditLog {
  readonly checkpointDir: string;
  readonly publicKey: string;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #retentionDays: number;
  readonly #key: KeyObject;

  constructor({ config, store, clock, log }: AuditParts) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#retentionDays = config.audit.retentionDays;
    this.checkpointDir = config.audit.checkpointDir ?? join(config.dataDir, 'audit');
    this.#key = ensureSigningKey(join(config.dataDir, 'keys'));
    this.publicKey = createPublicKey(this.#key).export({ type: 'spki', format: 'pem' }).toString();
  }

  async record(event: AuditEvent, tx: Store = this.#store): Promise<void> {
    await tx.transaction(async (inner) => {
      const head = await lockHead(inner, event.tenant);
      await insertEntry(inner, event.tenant, linkEntry(event, head, this.#clock.now()));
    });
  }

  async list(query: AuditFilter): Promise<AuditEntry[]> {
    return await listEntries(this.#store, query);
  }

  async *entries(tenant: string, signal?: AbortSignal): AsyncGenerator<AuditEntry> {
    let after = 0;
    for (;;) {
      signal?.throwIfAborted();
      const page = await entriesAfter(this.#store, tenant, after, pageSize);
      yield* page;
      if (page.length < pageSize) return;
      after = page.at(-1)!.sequence;
    }
  }

  async checkpoint(): Promise<Checkpoint[]> {
    const written: Checkpoint[] = [];
    for (const { tenant, head } of await listHeads(this.#store)) {
      const known = await readCheckpoints(this.checkpointDir, tenant);
      const last = known.reduce<Checkpoint | undefined>((a, b) => (a && a.sequence > b.sequence ? a : b), undefined);
      if (last && last.kind === 'position' && last.sequence >= head.sequence) continue;
      const problem = await this.#brokenSince(tenant, last, head);
      if (problem !== undefined) {
        this.#log.error(
          { tenant, problem },
          'The audit log was changed from outside and is not signed; export and verify it',
        );
        continue;
      }
      written.push(await this.#sign(tenant, 'position', head, known));
    }
    return written;
  }

  async applyRetention(): Promise<number> {
    const cutoff = new Date(this.#clock.now().getTime() - this.#retentionDays * dayMs);
    let removed = 0;
    for (const { tenant } of await listHeads(this.#store)) {
      const upTo = await lastExpired(this.#store, tenant, cutoff);
      if (!upTo) continue;
      const known = await readCheckpoints(this.checkpointDir, tenant);
      const kept = known.findLast((each) => each.kind === 'retention' && each.sequence === upTo.sequence);
      const checkpoint = kept ?? (await this.#sign(tenant, 'retention', upTo, known));
      await insertRetention(this.#store, tenant, upTo, canonicalJson({ ...checkpoint }));
      for (let batch = deleteBatch; batch === deleteBatch; removed += batch) {
        batch = await deleteExpired(this.#store, tenant, upTo.sequence, deleteBatch);
      }
      this.#log.info({ tenant, upTo: upTo.sequence }, 'audit entries older than the retention were removed');
    }
    return removed;
  }

  async #sign(
    tenant: string,
    kind: Checkpoint['kind'],
    at: ChainHead,
    known: readonly Checkpoint[],
  ): Promise<Checkpoint> {
    const checkpoint = signCheckpoint(
      {
        tenant,
        number: (known.at(-1)?.number ?? 0) + 1,
        kind,
        sequence: at.sequence,
        hash: at.hash,
        at: this.#clock.now().toISOString(),
      },
      this.#key,
    );
    await writePublicKey(this.checkpointDir, this.#key, keyIdOf(this.#key));
    await appendCheckpoint(this.checkpointDir, checkpoint);
    return checkpoint;
  }

  /** What is wrong with the entries after the last checkpoint; undefined where they lead to the head. */
  async #brokenSince(tenant: string, last: Checkpoint | undefined, head: ChainHead): Promise<string | undefined> {
    let at: ChainHead = last ?? (await this.#beginningOf(tenant));
    while (at.sequence < head.sequence) {
      const page = await entriesAfter(this.#store, tenant, at.sequence, pageSize);
      if (page.length === 0) return `entries after ${at.sequence} are missing`;
      for (const entry of page) {
        if (entry.sequence > head.sequence) break;
        const expected = entry.sequence === at.sequence + 1 && entry.previousHash === at.hash;
        if (!expected) return `entry ${entry.sequence} does not follow ${at.sequence}`;
        if (hashOf(entry.previousHash, bodyOf(entry)) !== entry.hash) return `entry ${entry.sequence} was changed`;
        at = entry;
      }
    }
    return at.hash === head.hash ? undefined : `the head is not entry ${at.sequence}`;
  }

  /** Where the kept entries begin. Without a checkpoint nothing says what was before them. */
  async #beginningOf(tenant: string): Promise<ChainHead> {
    const [oldest] = await entriesAfter(this.#store, tenant, 0, 1);
    return oldest ? { sequence: oldest.sequence - 1, hash: oldest.previousHash } : { sequence: 0, hash: genesisHash };
  }
}
