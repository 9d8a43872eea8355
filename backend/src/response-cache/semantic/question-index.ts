import { dropOldest } from '../../platform/collections/index.ts';
import type { KeptQuestion, Similar } from './kept-question.ts';
import { LexicalQuestions } from './lexical-questions.ts';
import { cosine } from './lexical-vector.ts';
import { mayMeanTheSame } from './veto.ts';
import { Vocabulary } from './vocabulary.ts';

/** With vectors a look-up compares with each of the context. */
const mostVectorsInContext = 5_000;
const mostInAll = 100_000;
const mostCharacters = 12_000_000;
/** Numbers of four bytes in all vectors together. */
const mostNumbers = 32_000_000;
/** Of these bounds, once one was passed. */
const leftShare = 0.99;

interface Context {
  tenant: string;
  vectors: Map<string, KeptQuestion>;
  words: LexicalQuestions;
}

/** The questions whose answers are kept, by context: none is ever compared with one of another tenant, policy or history. */
export class QuestionIndex {
  readonly #contexts = new Map<string, Context>();
  readonly #places = new Map<string, { context: string; question: KeptQuestion }>();
  readonly #vocabularies = new Map<string, { vocabulary: Vocabulary; contexts: number }>();
  #characters = 0;
  #numbers = 0;

  get size(): number {
    return this.#places.size;
  }

  add(name: string, question: KeptQuestion): void {
    this.drop(question.entry);
    const context = this.#contexts.get(name) ?? this.#opened(name, question.tenant);
    this.#places.set(question.entry, { context: name, question });
    this.#characters += question.text.length;
    this.#numbers += question.vector.length;
    if (question.vector.length === 0) context.words.add(question);
    else context.vectors.set(question.entry, question);
    dropOldest(context.vectors, mostVectorsInContext, (entry) => this.drop(entry));
    if (this.#isOver(1)) this.#shrink();
  }

  drop(entry: string): void {
    const place = this.#places.get(entry);
    if (!place) return;
    const { context: name, question } = place;
    this.#places.delete(entry);
    this.#characters -= question.text.length;
    this.#numbers -= question.vector.length;
    const context = this.#contexts.get(name)!;
    context.vectors.delete(entry);
    context.words.drop(entry);
    if (context.vectors.size + context.words.size === 0) this.#closed(name, context);
  }

  /**
   * The most similar question that may mean the same; undefined where there is none.
   * @param vector of what is asked; empty where words are compared
   */
  nearest(name: string, text: string, vector: Float32Array): Similar | undefined {
    const context = this.#contexts.get(name);
    if (!context) return undefined;
    if (vector.length === 0) return context.words.nearest(text);
    let best: Similar | undefined;
    for (const question of context.vectors.values()) {
      const similarity = cosine(vector, question.vector);
      if (best && similarity <= best.similarity) continue;
      if (mayMeanTheSame(text, question.text)) best = { question, similarity };
    }
    return best;
  }

  #isOver(share: number): boolean {
    return (
      this.size > mostInAll * share || this.#characters > mostCharacters * share || this.#numbers > mostNumbers * share
    );
  }

  /** Some more than must go, for one look at what is oldest takes its time: it passes all that went before. */
  #shrink(): void {
    for (const entry of this.#places.keys()) {
      if (!this.#isOver(leftShare)) return;
      this.drop(entry);
    }
  }

  #opened(name: string, tenant: string): Context {
    const known = this.#vocabularies.get(tenant) ?? { vocabulary: new Vocabulary(), contexts: 0 };
    known.contexts += 1;
    this.#vocabularies.set(tenant, known);
    const context = { tenant, vectors: new Map(), words: new LexicalQuestions(known.vocabulary) };
    this.#contexts.set(name, context);
    return context;
  }

  #closed(name: string, { tenant }: Context): void {
    this.#contexts.delete(name);
    const known = this.#vocabularies.get(tenant)!;
    known.contexts -= 1;
    if (known.contexts === 0) this.#vocabularies.delete(tenant);
  }
}
