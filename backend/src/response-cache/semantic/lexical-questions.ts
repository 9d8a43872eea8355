import type { KeptQuestion, Similar } from './kept-question.ts';
import { questionWords } from './question-words.ts';
import { mayMeanTheSame } from './veto.ts';
import { pairId, type Term, type Vocabulary } from './vocabulary.ts';

/** Two neighbours together tell this part of what they tell alone: order counts, a little. */
const pairShare = 0.2;
/** What is less alike is not looked for. */
const leastAlike = 0.6;
/** More are not compared in one look-up. */
const mostCompared = 20_000;

/** A text as its words, each once, and places of neighbours among them, two numbers for each. */
interface Worded {
  terms: readonly Term[];
  pairs: Uint16Array;
}

interface Kept extends Worded {
  question: KeptQuestion;
  /** What it shares with what was asked in one look-up. */
  shared: number;
  lookup: number;
}

/**
 * The questions of one context by their words. A look-up touches those that share a telling word, not all. How alike two are is
 * the cosine of their words and pairs of neighbours, each weighted by how much it tells among the questions of the tenant.
 */
export class LexicalQuestions {
  readonly #vocabulary: Vocabulary;
  readonly #kept = new Map<string, Kept>();
  readonly #having = new Map<Term, Set<Kept>>();
  #lookup = 0;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  get size(): number {
    return this.#kept.size;
  }

  add(question: KeptQuestion): void {
    const words = worded(this.#vocabulary.add(questionWords(question.text)));
    const kept = { question, ...words, shared: 0, lookup: 0 };
    this.#kept.set(question.entry, kept);
    for (const term of kept.terms) {
      const having = this.#having.get(term);
      if (having) having.add(kept);
      else this.#having.set(term, new Set([kept]));
    }
  }

  drop(entry: string): void {
    const kept = this.#kept.get(entry);
    if (!kept) return;
    this.#kept.delete(entry);
    for (const term of kept.terms) {
      const having = this.#having.get(term)!;
      having.delete(kept);
      if (having.size === 0) this.#having.delete(term);
    }
    this.#vocabulary.drop(kept.terms);
  }

  /** The most similar question that may mean the same; undefined where none is alike enough to tell anything. */
  nearest(text: string): Similar | undefined {
    const asked = new AskedQuestion(this.#vocabulary, this.#vocabulary.find(questionWords(text)));
    const { groups, elsewhere } = this.#sharing(asked);
    let best: Similar | undefined;
    let compared = 0;
    for (const [shared, group] of groups) {
      // Squares of what two share are at most the square of either: from here on nothing is more alike.
      if (Math.sqrt((shared + elsewhere) / asked.square) < (best?.similarity ?? leastAlike)) break;
      for (const kept of group) {
        if (++compared > mostCompared) return best;
        const similarity = asked.cosine(kept);
        if (similarity < leastAlike || similarity <= (best?.similarity ?? 0)) continue;
        if (mayMeanTheSame(text, kept.question.text)) best = { question: kept.question, similarity };
      }
    }
    return best;
  }

  /** Those that share what tells most, by how much that is, most first; and what they may share beside it. */
  #sharing(asked: AskedQuestion): { groups: [number, Kept[]][]; elsewhere: number } {
    const lookup = ++this.#lookup;
    const found: Kept[] = [];
    let elsewhere = asked.square;
    for (const [term, weight] of asked.byWeight()) {
      // Who shares no more than the rest is not alike enough.
      if (elsewhere < leastAlike ** 2 * asked.square) break;
      const square = weight ** 2;
      for (const kept of this.#having.get(term) ?? []) {
        if (kept.lookup !== lookup) {
          kept.lookup = lookup;
          kept.shared = 0;
          found.push(kept);
        }
        kept.shared += square;
      }
      elsewhere -= square;
    }
    const groups = new Map<number, Kept[]>();
    for (const kept of found) {
      const group = groups.get(kept.shared);
      if (group) group.push(kept);
      else groups.set(kept.shared, [kept]);
    }
    return { groups: [...groups].sort(([one], [other]) => other - one), elsewhere };
  }
}

/** What is asked, and how much each part of it tells. */
class AskedQuestion {
  readonly #vocabulary: Vocabulary;
  readonly #weights: ReadonlyMap<Term, number>;
  readonly #pairs: ReadonlySet<number>;
  /** Of its length. */
  readonly square: number;

  constructor(vocabulary: Vocabulary, sequence: readonly Term[]) {
    this.#vocabulary = vocabulary;
    const { terms, pairs } = worded(sequence);
    const weights = terms.map((term) => vocabulary.weight(term));
    this.#weights = new Map(terms.map((term, at) => [term, weights[at]!]));
    const ids = new Set<number>();
    for (let at = 0; at < pairs.length; at += 2) ids.add(pairId(terms[pairs[at]!]!, terms[pairs[at + 1]!]!));
    this.#pairs = ids;
    this.square = squareOf(weights, pairs);
  }

  byWeight(): [Term, number][] {
    return [...this.#weights].sort(([, one], [, other]) => other - one);
  }

  /** 0 to 1. */
  cosine({ terms, pairs }: Worded): number {
    let product = 0;
    let square = 0;
    for (const term of terms) {
      const weight = this.#vocabulary.weight(term) ** 2;
      square += weight;
      if (this.#weights.has(term)) product += weight;
    }
    // Nobody becomes more alike by neighbours who has nothing in common.
    if (product === 0) return 0;
    for (let at = 0; at < pairs.length; at += 2) {
      const [one, other] = [terms[pairs[at]!]!, terms[pairs[at + 1]!]!];
      const weight = pairShare ** 2 * this.#vocabulary.weight(one) * this.#vocabulary.weight(other);
      square += weight;
      if (this.#weights.has(one) && this.#weights.has(other) && this.#pairs.has(pairId(one, other))) product += weight;
    }
    // Rounded, so that equal texts are equal.
    return Math.min(1, Math.round((product / Math.sqrt(this.square * square)) * 1e9) / 1e9);
  }
}

function squareOf(weights: readonly number[], pairs: Uint16Array): number {
  let sum = 0;
  for (const weight of weights) sum += weight ** 2;
  for (let at = 0; at < pairs.length; at += 2) sum += pairShare ** 2 * weights[pairs[at]!]! * weights[pairs[at + 1]!]!;
  return sum;
}

function worded(sequence: readonly Term[]): Worded {
  const places = new Map<Term, number>();
  for (const term of sequence) if (!places.has(term)) places.set(term, places.size);
  const seen = new Set<number>();
  const pairs: number[] = [];
  for (const [at, term] of sequence.entries()) {
    const before = sequence[at - 1];
    if (!before || seen.has(pairId(before, term))) continue;
    seen.add(pairId(before, term));
    pairs.push(places.get(before)!, places.get(term)!);
  }
  return { terms: [...places.keys()], pairs: Uint16Array.from(pairs) };
}

/** How alike two texts are by the words of one tenant, 0 to 1. */
export function wordCosine(vocabulary: Vocabulary, one: string, other: string): number {
  const words = questionWords(one);
  const terms = vocabulary.find([...words, ...questionWords(other)]);
  return new AskedQuestion(vocabulary, terms.slice(words.length)).cosine(worded(terms.slice(0, words.length)));
}
