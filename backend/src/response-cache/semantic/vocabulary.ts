/** A word of the questions of one tenant. */
export interface Term {
  readonly word: string;
  readonly id: number;
  /** Counts as if so many questions had been seen that have it. */
  readonly prior: number;
  /** So many of the questions have it. */
  questions: number;
  /** How much it tells, as of a version of the vocabulary. */
  weight: number;
  weightOf: number;
}

/** Stands for questions that were never seen, so that the first ones do not decide alone what is common. */
const priorQuestions = 50;
const unweighted = { questions: 0, weight: 0, weightOf: -1 };
/** Two ids together are still an exact number. */
const idSpace = 2 ** 26;

/**
 * How much each word tells, learned from the questions of one tenant: the rarer, the more (inverse document frequency, Sparck
 * Jones 1972). Where little is known, short words count as common.
 */
export class Vocabulary {
  readonly #terms = new Map<string, Term>();
  #questions = 0;
  #nextId = 0;
  #version = 0;

  /** Words of a question that is kept from now on. @returns their terms, in the same order */
  add(words: readonly string[]): Term[] {
    this.#questions += 1;
    this.#version += 1;
    const terms = words.map((word) => {
      const known = this.#terms.get(word);
      if (known) return known;
      const made = { word, id: this.#nextId++ % idSpace, prior: priorOf(word), ...unweighted };
      this.#terms.set(word, made);
      return made;
    });
    for (const term of new Set(terms)) term.questions += 1;
    return terms;
  }

  /** A question with these terms, each once, is kept no longer. */
  drop(terms: readonly Term[]): void {
    this.#questions -= 1;
    this.#version += 1;
    for (const term of terms) {
      term.questions -= 1;
      if (term.questions === 0) this.#terms.delete(term.word);
    }
  }

  /** Terms of words that are asked; a word that no question has is a term of its own. */
  find(words: readonly string[]): Term[] {
    const strange = new Map<string, Term>();
    return words.map((word) => {
      const known = this.#terms.get(word) ?? strange.get(word);
      if (known) return known;
      const made = { word, id: -1 - strange.size, prior: priorOf(word), ...unweighted };
      strange.set(word, made);
      return made;
    });
  }

  /** How much the term tells; more than 0. */
  weight(term: Term): number {
    if (term.weightOf === this.#version) return term.weight;
    term.weightOf = this.#version;
    term.weight = Math.log((this.#questions + priorQuestions + 1) / (term.questions + term.prior + 0.5));
    return term.weight;
  }
}

/** Names two terms in their order. */
export function pairId(one: Term, other: Term): number {
  return one.id * idSpace + other.id;
}

/** Short words are mostly there for grammar. */
function priorOf(word: string): number {
  const share = isOfSyllables(word) || word.length > 3 ? 0.02 : word.length === 3 ? 0.15 : 0.3;
  return share * priorQuestions;
}

const syllables = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Of a script in which two characters say as much as a word, and endings or other words stand at it without a blank. */
export function isOfSyllables(word: string): boolean {
  return syllables.test(word);
}
