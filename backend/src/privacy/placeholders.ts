import { patternDetector, type Detector } from './detector.ts';

const pattern = /\[[A-Z][A-Z0-9]{0,39}_\d{1,6}\]/g;
const partial = /\[(?:[A-Z][A-Z0-9]{0,39}(?:_\d{0,6})?)?$/g;

/**
 * What stands in a call for the personal data of it: `[EMAIL_1]`, the same for the same thing, numbered in the order in which
 * they come up. Two calls that differ in their personal data alone read the same, and nobody can tell a thing from its number.
 */
export class Placeholders {
  readonly #byThing = new Map<string, string>();
  readonly #things = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  /** What stands in the call itself must not be taken for one of ours. */
  readonly #taken: string;

  /** @param text the whole call, in which no placeholder of ours may stand already */
  constructor(text: string) {
    this.#taken = text;
  }

  get size(): number {
    return this.#things.size;
  }

  /** @param tidied one spelling of the thing @param found as it stands in the call */
  of(kind: string, tidied: string, found: string): string {
    const key = `${kind}\0${tidied}`;
    const known = this.#byThing.get(key);
    if (known !== undefined) return known;
    const word = kind.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
    let placeholder: string;
    do {
      const number = (this.#counts.get(word) ?? 0) + 1;
      this.#counts.set(word, number);
      placeholder = `[${word}_${number}]`;
    } while (this.#taken.includes(placeholder));
    this.#byThing.set(key, placeholder);
    this.#things.set(placeholder, found);
    return placeholder;
  }

  /** The thing as it stood in the call. */
  thing(placeholder: string): string | undefined {
    return this.#things.get(placeholder);
  }

  /** Finds the placeholders of this call. */
  detector(): Detector {
    return patternDetector({
      kind: 'placeholder',
      pattern,
      partial,
      ends: (_text, match) => (this.#things.has(match[0]) ? match.index + match[0].length : undefined),
      longest: 50,
    });
  }
}
