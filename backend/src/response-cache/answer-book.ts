import { setImmediate as otherWork } from 'node:timers/promises';
import type { Platform } from '../platform/platform.ts';
import type { TenantKey, TenantKeys } from '../tenant-keys/index.ts';
import { AnswerMemory, type KeptAnswer } from './answer-memory.ts';
import * as repository from './entry-repository.ts';

/** An answer that is to be kept. */
export interface NewAnswer {
  key: Buffer;
  kind: 'answer' | 'embedding';
  answer: KeptAnswer;
  /** Of an answer that can be found by meaning. */
  question?: { context: Buffer; text: string; vector: Float32Array };
}

/** A question that this process has learned of, from itself or another. */
export interface KnownQuestion {
  entry: string;
  context: string;
  tenant: string;
  policy: string;
  text: string;
  vector: Float32Array;
}

interface Known {
  tenant: string;
  policy: string;
  tags: readonly string[];
  keyId: string;
  createdAt: number;
  expiresAt: number;
}

export interface AnswerBookParts {
  platform: Pick<Platform, 'store' | 'clock'>;
  keys: TenantKeys;
  memoryBytes: number;
  onQuestion(question: KnownQuestion): void;
  onGone(entry: string): void;
}

const mostKnown = 500_000;
const mostWaiting = 2_000;
const linesAtOnce = 2_000;
/** Sealed or taken over in one go. */
const atOnce = 50;
const bytesAtOnce = 2 * 1024 * 1024;
const mostFlushes = 2_000;
/** An answer that was begun before a flush may come after it; not so much later. */
const flushesForMs = 24 * 3_600_000;
const mostUsed = 10_000;
/** A store that is slower than this is no cache: the call goes to a provider. */
const patienceMs = 150;

/**
 * The answers that are kept: in the memory of this process, and sealed in the store for all. What other processes have kept is
 * known within a second by its key, so that a call whose answer nobody has waits for nothing. Without the store it goes on with
 * what memory has.
 */
export class AnswerBook {
  readonly #parts: AnswerBookParts;
  readonly #memory: AnswerMemory;
  readonly #known = new Map<string, Known>();
  readonly #waiting: NewAnswer[] = [];
  readonly #used = new Set<string>();
  #flushes: (repository.Flush & { atMs: number })[] = [];
  #sequence = '0';
  #flushId = '0';

  constructor(parts: AnswerBookParts) {
    this.#parts = parts;
    this.#memory = new AnswerMemory(parts.memoryBytes);
  }

  get facts(): { answers: number; bytes: number; known: number; waiting: number } {
    return {
      answers: this.#memory.size,
      bytes: this.#memory.bytes,
      known: this.#known.size,
      waiting: this.#waiting.length,
    };
  }

  /** The answer where it is in memory. */
  recall(key: string): KeptAnswer | undefined {
    const answer = this.#memory.get(key);
    if (!answer) return undefined;
    if (answer.expiresAt <= this.#now()) {
      this.#forget(key);
      return undefined;
    }
    if (this.#used.size < mostUsed) this.#used.add(key);
    return answer;
  }

  /** The answer, from the store where another process has kept it. @returns undefined also where the store is away */
  async find(key: Buffer): Promise<KeptAnswer | undefined> {
    const name = key.toString('hex');
    const here = this.recall(name);
    if (here) return here;
    const known = this.#known.get(name);
    if (!known || known.expiresAt <= this.#now()) return undefined;
    const read = this.#read(key, known).catch(() => undefined);
    const { clock } = this.#parts.platform;
    const stop = new AbortController();
    const late = clock.sleep(patienceMs, stop.signal).then(
      () => undefined,
      () => undefined,
    );
    const answer = await Promise.race([read, late]);
    stop.abort();
    if (answer) {
      this.#memory.put(name, answer);
      this.#used.add(name);
    }
    return answer;
  }

  keep(one: NewAnswer): void {
    if (this.#isFlushed(one.answer)) return;
    const name = one.key.toString('hex');
    this.#memory.put(name, one.answer);
    if (one.question) this.#tell(name, one.answer, one.question.context, one.question);
    this.#waiting.push(one);
    if (this.#waiting.length > mostWaiting) this.#waiting.shift();
  }

  addStream(key: string, stream: string): void {
    this.#memory.addStream(key, stream);
  }

  /** Writes what is new, and takes over what others did. @throws where the store is away: all waits for the next turn */
  async turn(): Promise<void> {
    const { store, clock } = this.#parts.platform;
    for (const tenant of await this.#parts.keys.refresh()) this.#forgetWhere((one) => one.tenant === tenant);
    await this.#takeFlushes();
    for (;;) {
      const lines = await repository.linesAfter(store, this.#sequence, linesAtOnce);
      for (const [index, line] of lines.entries()) {
        if (index % atOnce === 0) await otherWork();
        await this.#take(line);
      }
      if (lines.length < linesAtOnce) break;
    }
    await this.#write();
    const used = [...this.#used].slice(0, mostUsed);
    this.#used.clear();
    if (used.length > 0)
      await repository.noteUse(
        store,
        used.map((name) => Buffer.from(name, 'hex')),
        clock.now(),
      );
  }

  /** @throws where the store is away: what was not written waits for the next turn */
  async #write(): Promise<void> {
    const { store } = this.#parts.platform;
    const due = this.#waiting.splice(0);
    while (due.length > 0) {
      const batch = due.slice(0, portionOf(due));
      try {
        const entries = await this.#sealed(batch);
        if (entries.length > 0) this.#note(entries, await repository.insertEntries(store, entries));
      } catch (error) {
        this.#waiting.unshift(...due);
        this.#waiting.splice(0, this.#waiting.length - mostWaiting);
        throw error;
      }
      due.splice(0, batch.length);
      // Calls are answered meanwhile.
      await otherWork();
    }
  }

  /** Of two answers to one question in a batch the later is meant. */
  async #sealed(batch: readonly NewAnswer[]): Promise<repository.StoredEntry[]> {
    const entries = new Map<string, repository.StoredEntry>();
    for (const one of batch) {
      if (this.#isFlushed(one.answer)) continue;
      const name = one.key.toString('hex');
      entries.set(name, sealed(one, name, await this.#parts.keys.of(one.answer.tenant)));
    }
    return [...entries.values()];
  }

  /** What nobody else wrote between need not be read again: this process knows it. */
  #note(entries: readonly repository.StoredEntry[], { count, first, last }: repository.InsertedEntries): void {
    if (first === null || last === null) return;
    const isOursAlone =
      count === entries.length && BigInt(first) === BigInt(this.#sequence) + 1n && isRun(first, last, count);
    if (!isOursAlone) return;
    this.#sequence = last;
    for (const entry of entries) this.#know(entry.key.toString('hex'), entry);
  }

  async #take(line: repository.EntryLine): Promise<void> {
    this.#sequence = line.sequence;
    const name = line.key.toString('hex');
    const known = this.#know(name, line);
    if (!known || !line.context || !line.sealedQuestion) return;
    const question = await this.#question(line, line.sealedQuestion).catch(() => undefined);
    if (question) this.#tell(name, known, line.context, question);
  }

  /** @returns undefined where it was made invalid */
  #know(name: string, line: Omit<repository.EntryLine, 'sequence'>): Known | undefined {
    const known = {
      ...{ tenant: line.tenant, policy: line.policy, tags: line.tags, keyId: line.keyId },
      ...{ createdAt: line.createdAt.getTime(), expiresAt: line.expiresAt.getTime() },
    };
    if (this.#isFlushed(known)) return undefined;
    this.#known.delete(name);
    this.#known.set(name, known);
    if (this.#known.size > mostKnown) this.#forget(this.#known.keys().next().value!);
    return known;
  }

  /** @returns undefined where the key is another one meanwhile */
  async #question(
    { tenant, keyId, key }: repository.EntryLine,
    sealed: Buffer,
  ): Promise<{ text: string; vector: Float32Array } | undefined> {
    const tenantKey = await this.#parts.keys.of(tenant);
    if (tenantKey.id !== keyId) return undefined;
    return readQuestion(tenantKey.unseal(sealed, aboutQuestion(tenant, key.toString('hex'))));
  }

  #tell(
    entry: string,
    { tenant, policy }: Pick<Known, 'tenant' | 'policy'>,
    context: Buffer,
    { text, vector }: { text: string; vector: Float32Array },
  ): void {
    this.#parts.onQuestion({ entry, tenant, policy, context: context.toString('hex'), text, vector });
  }

  async #read(key: Buffer, known: Known): Promise<KeptAnswer | undefined> {
    const { platform, keys } = this.#parts;
    const [row, tenantKey] = await Promise.all([repository.readEntry(platform.store, key), keys.of(known.tenant)]);
    if (!row || row.keyId !== tenantKey.id) return undefined;
    const read = tenantKey.unseal(row.sealed, aboutAnswer(known.tenant, key.toString('hex')));
    const answer = JSON.parse(read.toString('utf8')) as KeptAnswer;
    return answer.expiresAt > this.#now() && !this.#isFlushed(answer) ? answer : undefined;
  }

  async #takeFlushes(): Promise<void> {
    const { store } = this.#parts.platform;
    const flushes = await repository.flushesAfter(store, this.#flushId, mostFlushes);
    for (const flush of flushes) {
      this.#flushId = flush.id;
      const one = { ...flush, atMs: flush.at.getTime() };
      this.#flushes.push(one);
      this.#forgetWhere((entry) => isOf(one, entry));
    }
    const since = this.#now() - flushesForMs;
    this.#flushes = this.#flushes.filter(({ atMs }) => atMs > since).slice(-mostFlushes);
  }

  #isFlushed(entry: Pick<Known, 'tenant' | 'policy' | 'tags' | 'createdAt'>): boolean {
    return this.#flushes.some((flush) => isOf(flush, entry));
  }

  #forgetWhere(goes: (entry: Pick<Known, 'tenant' | 'policy' | 'tags' | 'createdAt'>) => boolean): void {
    for (const [name, answer] of [...this.#memory.entries()]) if (goes(answer)) this.#forget(name);
    for (const [name, known] of this.#known) if (goes(known)) this.#forget(name);
  }

  #forget(name: string): void {
    this.#memory.drop(name);
    this.#known.delete(name);
    this.#parts.onGone(name);
  }

  #now(): number {
    return this.#parts.platform.clock.now().getTime();
  }
}

function isOf(
  { tenant, policy, tag, atMs }: repository.Flush & { atMs: number },
  entry: Pick<Known, 'tenant' | 'policy' | 'tags' | 'createdAt'>,
): boolean {
  if (entry.tenant !== tenant || entry.createdAt > atMs) return false;
  return (policy === null || entry.policy === policy) && (tag === null || entry.tags.includes(tag));
}

/** How many of them are written in one go. */
function portionOf(due: readonly NewAnswer[]): number {
  let count = 0;
  for (let size = 0; count < due.length && count < atOnce && size < bytesAtOnce; count++)
    size += due[count]!.answer.body.length;
  return count;
}

/** Numbers of the store without a gap. */
function isRun(first: string, last: string, count: number): boolean {
  return BigInt(last) - BigInt(first) + 1n === BigInt(count);
}

function sealed(
  { key, kind, answer, question }: NewAnswer,
  name: string,
  tenantKey: TenantKey,
): repository.StoredEntry {
  const { tenant, policy, tags } = answer;
  const { stream: _, ...kept } = answer;
  return {
    ...{ key, kind, tenant, policy, tags, keyId: tenantKey.id },
    sealed: tenantKey.seal(Buffer.from(JSON.stringify(kept)), aboutAnswer(tenant, name)),
    context: question?.context ?? null,
    sealedQuestion: question ? tenantKey.seal(questionBytes(question), aboutQuestion(tenant, name)) : null,
    createdAt: new Date(answer.createdAt),
    expiresAt: new Date(answer.expiresAt),
  };
}

/** Four bytes with the length of the vector, the vector, the text. */
function questionBytes({ text, vector }: { text: string; vector: Float32Array }): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(vector.length);
  return Buffer.concat([length, Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength), Buffer.from(text)]);
}

function readQuestion(bytes: Buffer): { text: string; vector: Float32Array } {
  const length = bytes.readUInt32LE(0);
  const end = 4 + 4 * length;
  return {
    vector: Float32Array.from({ length }, (_, at) => bytes.readFloatLE(4 + 4 * at)),
    text: bytes.subarray(end).toString('utf8'),
  };
}

function aboutAnswer(tenant: string, key: string): string {
  return JSON.stringify(['answer', tenant, key]);
}

function aboutQuestion(tenant: string, key: string): string {
  return JSON.stringify(['question', tenant, key]);
}
