import { setImmediate as otherWork } from 'node:timers/promises';
import { millisecondsOf } from '../platform/clock/index.ts';
import { dropOldest } from '../platform/collections/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { TenantKeys } from '../tenant-keys/index.ts';
import { AnswerMemory, type KeptAnswer } from './answer-memory.ts';
import * as repository from './entry-repository.ts';
import { aboutAnswer, aboutQuestion, readQuestion, type EntryKey, type NewAnswer } from './entry-sealing.ts';
import { WaitingAnswers } from './waiting-answers.ts';

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

/** Seals entries with the keys of their tenants and puts them into the store. @throws where the store is away */
export type WriteEntries = (
  entries: readonly NewAnswer[],
  keys: ReadonlyMap<string, EntryKey>,
) => Promise<repository.InsertedEntries>;

export interface AnswerBookParts {
  platform: Pick<Platform, 'store' | 'clock'>;
  keys: TenantKeys;
  /** Writes a few entries in this thread, and many in another, so that calls are answered meanwhile. */
  write: { few: WriteEntries; many: WriteEntries };
  memoryBytes: number;
  /** Answers that nobody asked for again: more of them a second are not written. */
  mostWrittenPerSecond: number;
  onQuestion(question: KnownQuestion): void;
  onGone(entry: string): void;
}

const mostKnown = 500_000;
const linesAtOnce = 2_000;
/** Longer than the 30 seconds within which a line may still come below the last that was seen. */
const gapMs = 40_000;
const lookAtGapsEveryMs = 5_000;
const mostGaps = 1_000;
/** Numbers between two gaps. */
const closeBy = 32n;

type Gap = repository.Gap & { until: number };
/** Taken over in one go. */
const atOnce = 50;
/** Answers are made ready for the memory together: what runs again and again at once runs several times as fast. */
const soonMs = 20;
const mostComing = 16;
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
  readonly #now: () => number;
  readonly #memory: AnswerMemory;
  readonly #known = new Map<string, Known>();
  readonly #waiting: WaitingAnswers;
  #coming = new Map<string, () => NewAnswer | undefined>();
  #soon: NodeJS.Timeout | undefined;
  #used = new Set<string>();
  #flushes: (repository.Flush & { atMs: number })[] = [];
  #sequence = '0';
  /** Numbers below the last one whose lines were not there, each until none can come there any more. */
  #gaps: Gap[] = [];
  #lookedAtGapsAt = -Infinity;
  #flushId = '0';

  constructor(parts: AnswerBookParts) {
    this.#parts = parts;
    this.#now = millisecondsOf(parts.platform.clock);
    this.#memory = new AnswerMemory(parts.memoryBytes);
    this.#waiting = new WaitingAnswers(parts.mostWrittenPerSecond, () => this.#now());
  }

  get facts(): { answers: number; bytes: number; known: number; waiting: number } {
    return {
      answers: this.#memory.size,
      bytes: this.#memory.bytes,
      known: this.#known.size,
      waiting: this.#waiting.size,
    };
  }

  /**
   * The answer where it is in memory.
   * @param isPersonal looks at one that nobody looked at yet; without it none such is given
   */
  recall(key: string, isPersonal?: (answer: KeptAnswer) => boolean): KeptAnswer | undefined {
    if (this.#coming.has(key)) this.settle();
    const answer = this.#memory.get(key);
    if (!answer) return undefined;
    if (answer.expiresAt <= this.#now()) {
      this.#forget(key);
      return undefined;
    }
    if (answer.isUnseen) {
      if (!isPersonal) return undefined;
      if (isPersonal(answer)) {
        this.#forget(key);
        return undefined;
      }
      answer.isUnseen = false;
    }
    if (this.#used.size < mostUsed) this.#used.add(key);
    if (answer.isHereOnly) this.#waiting.askedFor(key, answer);
    return answer;
  }

  /** Whether the store has the answer, as far as is known here. */
  knows(key: string): boolean {
    const known = this.#known.get(key);
    return known !== undefined && known.expiresAt > this.#now();
  }

  /** The answer, from the store where another process has kept it. @returns undefined also where the store is away */
  async find(name: string, isPersonal?: (answer: KeptAnswer) => boolean): Promise<KeptAnswer | undefined> {
    const here = this.recall(name, isPersonal);
    if (here) return here;
    const known = this.#known.get(name);
    if (!known || known.expiresAt <= this.#now()) return undefined;
    const read = this.#read(name, known).catch(() => undefined);
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

  /**
   * Keeps the answer, but for one with personal data. Under a flood most answers are never asked for again: of what the store is
   * not given, that is found out only when somebody does.
   */
  keep(one: NewAnswer): void {
    const { name, answer, question } = one;
    if (this.#isFlushed(answer)) return;
    const isForStore = this.#waiting.mayTake(one);
    const isUnseen = !isForStore && one.isSeenLater === true && one.isPersonal !== undefined;
    if (!isUnseen && one.isPersonal?.()) return;
    if (isUnseen) answer.isUnseen = true;
    if (!isForStore) answer.isHereOnly = true;
    this.#memory.put(name, answer);
    if (question) this.#tell(name, answer, question.context, question);
    if (isForStore) this.#waiting.take({ name, kind: one.kind, answer, ...(question ? { question } : {}) });
  }

  /** Keeps what `make` gives, as soon as somebody asks for it, at the latest some milliseconds from now. */
  keepSoon(name: string, make: () => NewAnswer | undefined): void {
    this.#coming.set(name, make);
    if (this.#coming.size >= mostComing) this.settle();
    else this.#soon ??= setTimeout(() => this.settle(), soonMs).unref();
  }

  /** Everything that is to be kept soon is kept now. */
  settle(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    // Not emptied: what was emptied keeps its calls from the collector of garbage, once its place became an old one.
    const coming = this.#coming;
    this.#coming = new Map();
    for (const make of coming.values()) {
      const one = make();
      if (one) this.keep(one);
    }
  }

  addStream(key: string, stream: string): void {
    this.#memory.addStream(key, stream);
  }

  /** Writes what is new, and takes over what others did. @throws where the store is away: all waits for the next turn */
  async turn(): Promise<void> {
    const { store, clock } = this.#parts.platform;
    for (const tenant of await this.#parts.keys.refresh()) this.#forgetWhere((one) => one.tenant === tenant);
    await this.#takeFlushes();
    await this.#takeLines();
    this.settle();
    const { few, many } = this.#parts.write;
    await this.#waiting.handOver((batch, areMany) => this.#writeOut(batch, areMany ? many : few));
    const used = [...this.#used].slice(0, mostUsed);
    this.#used = new Set();
    if (used.length > 0)
      await repository.noteUse(
        store,
        used.map((name) => Buffer.from(name, 'hex')),
        clock.now(),
      );
  }

  /** Of two answers to one question in a batch the later is meant. */
  async #writeOut(batch: readonly NewAnswer[], write: WriteEntries): Promise<void> {
    const entries = new Map<string, NewAnswer>();
    const keys = new Map<string, EntryKey>();
    for (const one of batch) {
      const { tenant } = one.answer;
      if (this.#isFlushed(one.answer)) continue;
      entries.set(one.name, one);
      if (!keys.has(tenant)) keys.set(tenant, await this.#parts.keys.of(tenant));
    }
    const written = [...entries.values()];
    if (written.length > 0) this.#note(written, keys, await write(written, keys));
  }

  /** What nobody else wrote between need not be read again: this process knows it. */
  #note(
    entries: readonly NewAnswer[],
    keys: ReadonlyMap<string, EntryKey>,
    { count, first, last }: repository.InsertedEntries,
  ): void {
    if (first === null || last === null) return;
    const isOursAlone =
      count === entries.length && BigInt(first) === BigInt(this.#sequence) + 1n && isRun(first, last, count);
    if (!isOursAlone) return;
    this.#sequence = last;
    for (const { name, answer } of entries) {
      const { tenant, policy, tags, createdAt, expiresAt } = answer;
      this.#know(name, { tenant, policy, tags, keyId: keys.get(tenant)!.id, createdAt, expiresAt });
    }
  }

  /** Takes over what is new; numbers that are passed over are looked at again, as their lines may be on their way. */
  async #takeLines(): Promise<void> {
    const { store } = this.#parts.platform;
    for (;;) {
      const lines = await repository.linesAfter(store, this.#sequence, linesAtOnce);
      for (const { sequence } of lines) {
        const [low, high] = [BigInt(this.#sequence) + 1n, BigInt(sequence) - 1n];
        if (low <= high) this.#passedOver({ low, high, until: this.#now() + gapMs });
        this.#sequence = sequence;
      }
      await this.#takeAll(lines);
      if (lines.length < linesAtOnce) break;
    }
    if (this.#gaps.length === 0 || this.#now() - this.#lookedAtGapsAt < lookAtGapsEveryMs) return;
    this.#lookedAtGapsAt = this.#now();
    const gaps = this.#gaps;
    await this.#takeAll(await repository.linesWithin(store, gaps));
    this.#gaps = gaps.filter(({ until }) => until > this.#lookedAtGapsAt);
  }

  /** Gaps that are close, or too many, become one: what stands between them is known, and passed by. */
  #passedOver(gap: Gap): void {
    const last = this.#gaps.at(-1);
    if (last && gap.low - last.high <= closeBy && gap.until - last.until < lookAtGapsEveryMs) {
      last.high = gap.high;
      last.until = gap.until;
      return;
    }
    this.#gaps.push(gap);
    if (this.#gaps.length <= mostGaps) return;
    this.#gaps = this.#gaps.flatMap((one, index, all) => {
      const next = all[index + 1];
      if (index % 2 === 1) return [];
      return next ? [{ low: one.low, high: next.high, until: Math.max(one.until, next.until) }] : [one];
    });
  }

  async #takeAll(lines: readonly repository.EntryLine[]): Promise<void> {
    for (const [index, line] of lines.entries()) {
      if (index % atOnce === 0) await otherWork();
      await this.#take(line);
    }
  }

  async #take(line: repository.EntryLine): Promise<void> {
    const name = line.key.toString('hex');
    const { tenant, policy, tags, keyId } = line;
    const [createdAt, expiresAt] = [line.createdAt.getTime(), line.expiresAt.getTime()];
    const before = this.#known.get(name);
    if (before?.createdAt === createdAt && before.keyId === keyId) return;
    const known = this.#know(name, { tenant, policy, tags, keyId, createdAt, expiresAt });
    if (!known || !line.context || !line.sealedQuestion) return;
    const question = await this.#question(line, line.sealedQuestion).catch(() => undefined);
    if (question) this.#tell(name, known, line.context.toString('hex'), question);
  }

  /** @returns undefined where it was made invalid */
  #know(name: string, known: Known): Known | undefined {
    if (this.#isFlushed(known)) return undefined;
    this.#known.delete(name);
    this.#known.set(name, known);
    dropOldest(this.#known, mostKnown, (oldest) => this.#forget(oldest));
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
    context: string,
    { text, vector }: { text: string; vector: Float32Array },
  ): void {
    this.#parts.onQuestion({ entry, tenant, policy, context, text, vector });
  }

  async #read(name: string, known: Known): Promise<KeptAnswer | undefined> {
    const { platform, keys } = this.#parts;
    const [row, tenantKey] = await Promise.all([
      repository.readEntry(platform.store, Buffer.from(name, 'hex')),
      keys.of(known.tenant),
    ]);
    if (!row || row.keyId !== tenantKey.id) return undefined;
    const read = tenantKey.unseal(row.sealed, aboutAnswer(known.tenant, name));
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
}

function isOf(
  { tenant, policy, tag, atMs }: repository.Flush & { atMs: number },
  entry: Pick<Known, 'tenant' | 'policy' | 'tags' | 'createdAt'>,
): boolean {
  if (entry.tenant !== tenant || entry.createdAt > atMs) return false;
  return (policy === null || entry.policy === policy) && (tag === null || entry.tags.includes(tag));
}

/** Numbers of the store without a gap. */
function isRun(first: string, last: string, count: number): boolean {
  return BigInt(last) - BigInt(first) + 1n === BigInt(count);
}
