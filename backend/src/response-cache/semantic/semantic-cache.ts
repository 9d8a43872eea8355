import { dropOldest } from '../../platform/collections/index.ts';
import type { Platform } from '../../platform/platform.ts';
import type { KnownQuestion } from '../answer-book.ts';
import type { CacheRules } from '../answer-key.ts';
import * as repository from '../entry-repository.ts';
import { HitCertainty } from './hit-certainty.ts';
import { cosine, lexicalVector } from './lexical-vector.ts';
import type { Similar } from './kept-question.ts';
import { QuestionIndex } from './question-index.ts';
import { mayMeanTheSame } from './veto.ts';

type SemanticRules = NonNullable<CacheRules['semantic']>;
type Waiting = repository.StoredObservation & { source: 'answer' | 'feedback'; at: Date };

const mostWaiting = 10_000;
const mostPolicies = 2_000;
const observationsAtOnce = 5_000;
/** Two answers that share so much say the same. */
const sameAnswerAt = 0.85;
/** What is further away teaches nothing. */
const leastSimilar = 0.4;

/** Finds kept answers by the meaning of questions, and learns how far to trust that. */
export class SemanticCache {
  readonly #platform: Pick<Platform, 'store' | 'clock'>;
  readonly #index = new QuestionIndex();
  readonly #certainty = new Map<string, HitCertainty>();
  readonly #observations: Waiting[] = [];
  readonly #hits: repository.SemanticHit[] = [];
  #lastId = '0';

  constructor(platform: Pick<Platform, 'store' | 'clock'>) {
    this.#platform = platform;
  }

  get questions(): number {
    return this.#index.size;
  }

  know({ context, ...question }: KnownQuestion): void {
    this.#index.add(context, question);
  }

  forget(entry: string): void {
    this.#index.drop(entry);
  }

  nearest(context: string, text: string, vector: Float32Array): Similar | undefined {
    const similar = this.#index.nearest(context, text, vector);
    return similar && similar.similarity >= leastSimilar ? similar : undefined;
  }

  /** Whether its answer may be given. @param draw 0 to 1: now and then it is asked all the same, to go on learning */
  isSure({ question, similarity }: Similar, { maxFalseHits, exploreShare }: SemanticRules, draw: number): boolean {
    if (draw < exploreShare) return false;
    return this.#of(question.tenant, question.policy).atLeast(question.entry, similarity) >= 1 - maxFalseHits;
  }

  noteHit(requestId: string, { question, similarity }: Similar): void {
    const { tenant, policy, entry } = question;
    if (this.#hits.length >= mostWaiting) this.#hits.shift();
    this.#hits.push({
      ...{ tenant, requestId, policy, similarity },
      entry: Buffer.from(entry, 'hex'),
      at: this.#platform.clock.now(),
    });
  }

  /** What a provider answered to a question for which there was a similar one. */
  learn({ question, similarity }: Similar, kept: string, asked: string): void {
    const { tenant, policy, entry } = question;
    if (this.#observations.length >= mostWaiting) this.#observations.shift();
    this.#observations.push({
      ...{ tenant, policy, similarity, correct: saySame(kept, asked) },
      entry: Buffer.from(entry, 'hex'),
      source: 'answer',
      at: this.#platform.clock.now(),
    });
  }

  /** Writes what is new and takes over what was observed anywhere. @throws where the store is away: all waits */
  async turn(): Promise<void> {
    const { store } = this.#platform;
    const hits = this.#hits.slice();
    await repository.insertHits(store, hits);
    this.#hits.splice(0, hits.length);
    const observations = this.#observations.slice();
    await repository.insertObservations(store, observations);
    this.#observations.splice(0, observations.length);
    for (;;) {
      const rows = await repository.observationsAfter(store, this.#lastId, observationsAtOnce);
      for (const { id, tenant, policy, entry, similarity, correct } of rows) {
        this.#lastId = id;
        this.#of(tenant, policy).learn(entry.toString('hex'), { similarity, correct });
      }
      if (rows.length < observationsAtOnce) return;
    }
  }

  #of(tenant: string, policy: string): HitCertainty {
    const name = JSON.stringify([tenant, policy]);
    const found = this.#certainty.get(name) ?? new HitCertainty();
    this.#certainty.delete(name);
    this.#certainty.set(name, found);
    dropOldest(this.#certainty, mostPolicies);
    return found;
  }
}

/** Whether two answers say the same, strictly: a doubt counts as no. */
function saySame(one: string, other: string): boolean {
  if (one.trim() === other.trim()) return true;
  return mayMeanTheSame(one, other) && cosine(lexicalVector(one), lexicalVector(other)) >= sameAnswerAt;
}
