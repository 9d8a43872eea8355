import { cosine } from './lexical-vector.ts';
import { mayMeanTheSame } from './veto.ts';

/** A question whose answer is kept. */
export interface KeptQuestion {
  /** Of the entry, hexadecimal. */
  entry: string;
  tenant: string;
  policy: string;
  text: string;
  vector: Float32Array;
}

export interface Similar {
  question: KeptQuestion;
  similarity: number;
}

/** Of one context; a look-up compares with each. */
const mostInContext = 5_000;
const mostInAll = 50_000;

/** The questions whose answers are kept, by context: none is ever compared with one of another tenant, policy or history. */
export class QuestionIndex {
  readonly #contexts = new Map<string, Map<string, KeptQuestion>>();
  readonly #places = new Map<string, string>();

  get size(): number {
    return this.#places.size;
  }

  add(context: string, question: KeptQuestion): void {
    this.drop(question.entry);
    const list = this.#contexts.get(context) ?? new Map<string, KeptQuestion>();
    this.#contexts.set(context, list);
    list.set(question.entry, question);
    this.#places.set(question.entry, context);
    if (list.size > mostInContext) this.drop(list.keys().next().value!);
    if (this.#places.size > mostInAll) this.drop(this.#places.keys().next().value!);
  }

  drop(entry: string): void {
    const context = this.#places.get(entry);
    if (context === undefined) return;
    this.#places.delete(entry);
    const list = this.#contexts.get(context);
    list?.delete(entry);
    if (list?.size === 0) this.#contexts.delete(context);
  }

  /** The most similar question that may mean the same; undefined where there is none. */
  nearest(context: string, text: string, vector: Float32Array): Similar | undefined {
    let best: Similar | undefined;
    // A question of a few words fills a part of a lexical vector: only that part is compared.
    const places = [...vector.keys()].filter((at) => vector[at] !== 0);
    const part = places.length < vector.length / 2 ? Int32Array.from(places) : undefined;
    for (const question of this.#contexts.get(context)?.values() ?? []) {
      const similarity = part ? partCosine(vector, question.vector, part) : cosine(vector, question.vector);
      if (best && similarity <= best.similarity) continue;
      if (mayMeanTheSame(text, question.text)) best = { question, similarity };
    }
    return best;
  }
}

function partCosine(one: Float32Array, other: Float32Array, places: Int32Array): number {
  if (one.length !== other.length) return 0;
  let sum = 0;
  for (let n = 0; n < places.length; n++) sum += one[places[n]!]! * other[places[n]!]!;
  return sum;
}
