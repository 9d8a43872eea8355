import type { KeyObject } from 'node:crypto';
import { isSigned, type Checkpoint } from './checkpoint.ts';
import type { AuditEntry } from './contract.ts';
import { bodyOf, genesisHash, hashOf, type ChainHead } from './hash-chain.ts';

export interface AuditVerdict {
  /** True where the log is whole and unchanged as far as the checkpoints reach. */
  ok: boolean;
  tenant: string | undefined;
  entries: number;
  /** Sequence of the first and last entry that was read. */
  first: number | undefined;
  last: number | undefined;
  checkpoints: number;
  /** Entries after the newest checkpoint: whole among themselves, but nothing shows whether later ones were cut off. */
  unsecured: number;
  problems: string[];
  warnings: string[];
}

const maxProblems = 100;

/**
 * Checks an exported log against its signed checkpoints, without the database: every entry's hash, every link, the
 * beginning, the end, and that each checkpoint's entry is the one that was signed. Entries are read one at a time.
 * @param lines NDJSON of one tenant from its oldest entry on, as the export writes it.
 */
export async function verifyAudit(
  lines: AsyncIterable<string> | Iterable<string>,
  checkpoints: readonly Checkpoint[],
  publicKeys: readonly KeyObject[],
): Promise<AuditVerdict> {
  const check = new ChainCheck(checkpoints, publicKeys);
  for await (const line of lines) {
    if (line.trim() !== '') check.line(line);
  }
  return check.verdict();
}

class ChainCheck {
  readonly #signed: readonly Checkpoint[];
  readonly #bySequence = new Map<number, Checkpoint[]>();
  readonly #problems: string[] = [];
  readonly #warnings: string[] = [];
  #entries = 0;
  #first: ChainHead | undefined;
  #last: ChainHead | undefined;
  #tenant: string | undefined;

  constructor(checkpoints: readonly Checkpoint[], publicKeys: readonly KeyObject[]) {
    this.#signed = checkpoints.filter((checkpoint) => {
      if (isSigned(checkpoint, publicKeys)) return true;
      this.#problem(`checkpoint ${checkpoint.number}: its signature is not by a known key`);
      return false;
    });
    for (const [index, checkpoint] of this.#signed.entries()) {
      const before = this.#signed[index - 1];
      const expected = before ? before.number + 1 : 1;
      if (checkpoint.number !== expected) {
        this.#problem(`checkpoint ${checkpoint.number}: number ${expected} was expected, checkpoints are missing`);
      }
      this.#bySequence.set(checkpoint.sequence, [...(this.#bySequence.get(checkpoint.sequence) ?? []), checkpoint]);
    }
    if (this.#signed.length === 0) {
      this.#warnings.push('there is no checkpoint: entries cut off at the end cannot be noticed');
    }
  }

  line(line: string): void {
    this.#entries += 1;
    const entry = parseEntry(line);
    if (!entry) {
      this.#problem(`line ${this.#entries}: is no entry`);
      return;
    }
    this.#tenant ??= entry.tenant;
    if (entry.tenant !== this.#tenant) this.#problem(`entry ${entry.sequence}: belongs to another tenant`);
    if (this.#last) this.#link(entry, this.#last);
    else this.#beginning(entry);
    if (hashOf(entry.previousHash, bodyOf(entry)) !== entry.hash) {
      this.#problem(`entry ${entry.sequence}: was changed, its hash is another`);
    }
    for (const checkpoint of this.#bySequence.get(entry.sequence) ?? []) {
      if (checkpoint.hash !== entry.hash) {
        this.#problem(`entry ${entry.sequence}: is not the one that checkpoint ${checkpoint.number} signed`);
      }
    }
    this.#last = { sequence: entry.sequence, hash: entry.hash };
  }

  verdict(): AuditVerdict {
    const newest = Math.max(0, ...this.#signed.map((checkpoint) => checkpoint.sequence));
    const last = this.#last?.sequence ?? 0;
    if (last < newest) {
      this.#problem(`entries ${last + 1} to ${newest} are missing at the end: checkpoints show that they were there`);
    }
    for (const checkpoint of this.#signed) {
      if (this.#tenant !== undefined && checkpoint.tenant !== this.#tenant) {
        this.#problem(`checkpoint ${checkpoint.number}: belongs to the tenant ${checkpoint.tenant}`);
      }
    }
    return {
      ok: this.#problems.length === 0,
      tenant: this.#tenant,
      entries: this.#entries,
      first: this.#first?.sequence,
      last: this.#last?.sequence,
      checkpoints: this.#signed.length,
      unsecured: Math.max(0, last - newest),
      problems: this.#problems,
      warnings: this.#warnings,
    };
  }

  #beginning(entry: AuditEntry): void {
    this.#first = { sequence: entry.sequence, hash: entry.hash };
    if (entry.sequence === 1) {
      if (entry.previousHash !== genesisHash) this.#problem('entry 1: does not begin the chain');
      return;
    }
    const gone = entry.sequence - 1;
    const allowed = this.#signed.filter((each) => each.kind === 'retention' && each.sequence >= gone);
    if (allowed.length === 0) {
      this.#problem(
        `entries 1 to ${gone} are missing, and no checkpoint says that they were older than the log is kept`,
      );
    } else if (allowed.every((each) => each.sequence === gone && each.hash !== entry.previousHash)) {
      this.#problem(`entry ${entry.sequence}: does not follow the entry that the retention checkpoint signed`);
    }
  }

  #link(entry: AuditEntry, last: ChainHead): void {
    if (entry.sequence > last.sequence + 1) {
      this.#problem(`entries ${last.sequence + 1} to ${entry.sequence - 1} are missing`);
    } else if (entry.sequence <= last.sequence) {
      this.#problem(`entry ${entry.sequence}: was inserted, or stands in the wrong place`);
    } else if (entry.previousHash !== last.hash) {
      this.#problem(
        `entry ${entry.sequence}: does not follow entry ${last.sequence}, one of them was changed or inserted`,
      );
    }
  }

  #problem(text: string): void {
    if (this.#problems.length < maxProblems) this.#problems.push(text);
    else if (this.#problems.length === maxProblems) this.#problems.push('and more; only the first are listed');
  }
}

function parseEntry(line: string): AuditEntry | undefined {
  try {
    const value = JSON.parse(line) as Partial<AuditEntry> | null;
    const complete =
      typeof value === 'object' &&
      value !== null &&
      Number.isSafeInteger(value.sequence) &&
      typeof value.tenant === 'string' &&
      typeof value.hash === 'string' &&
      typeof value.previousHash === 'string';
    return complete ? (value as AuditEntry) : undefined;
  } catch {
    return undefined;
  }
}
