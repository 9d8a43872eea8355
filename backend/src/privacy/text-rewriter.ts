import type { Detector, Span } from './detector.ts';

/** Makes what stands in the place of something that was found. It may throw: then nothing of the text goes on. */
export type Replace = (span: Span, found: string) => string;

/** Units before a place that detectors look back at. */
const lookBehind = 4;

/**
 * Replaces what detectors find in a text that comes in pieces. However the text is cut, the same comes out: what the end of a
 * piece leaves open is held back until more of the text (or its end) decides it. What is held back is at most as long as the
 * longest thing that a detector finds.
 *
 * Where two detectors find something, the one that starts first counts; at the same place the one that stands first.
 */
export class TextRewriter {
  readonly #detectors: readonly Detector[];
  readonly #replace: Replace;
  /** The last units that went out, as they came in, and what is held back. */
  #text = '';
  #from = 0;

  constructor(detectors: readonly Detector[], replace: Replace) {
    this.#detectors = detectors;
    this.#replace = replace;
  }

  /** Units that wait for more. */
  get held(): number {
    return this.#text.length - this.#from;
  }

  /** @returns what can go out now */
  push(piece: string): string {
    this.#text += piece;
    // Half a character says nothing yet.
    const isHalf = /[\ud800-\udbff]$/.test(this.#text);
    const half = isHalf ? this.#text.slice(-1) : '';
    if (isHalf) this.#text = this.#text.slice(0, -1);
    const open = this.#detectors.reduce(
      (least, detector) => Math.min(least, detector.openFrom(this.#text, this.#from)),
      this.#text.length,
    );
    const out = this.#upTo(open);
    this.#text += half;
    return out;
  }

  /** @returns the rest, with a last piece. The next piece begins a new text. */
  last(piece = ''): string {
    this.#text += piece;
    const out = this.#upTo(this.#text.length);
    this.#text = '';
    this.#from = 0;
    return out;
  }

  /** What starts before `open` is decided. */
  #upTo(open: number): string {
    const text = this.#text;
    let out = '';
    const next = this.#detectors.map((detector) => detector.find(text, this.#from));
    for (;;) {
      const first = firstOf(next);
      if (!first || first.start >= open) break;
      out += text.slice(this.#from, first.start) + this.#replace(first, text.slice(first.start, first.end));
      this.#from = first.end;
      next.forEach((span, index) => {
        if (span && span.start < first.end) next[index] = this.#detectors[index]!.find(text, first.end);
      });
    }
    if (open > this.#from) {
      out += text.slice(this.#from, open);
      this.#from = open;
    }
    const drop = Math.max(0, this.#from - lookBehind);
    this.#text = text.slice(drop);
    this.#from -= drop;
    return out;
  }
}

function firstOf(spans: readonly (Span | undefined)[]): Span | undefined {
  let first: Span | undefined;
  for (const span of spans) if (span && (!first || span.start < first.start)) first = span;
  return first;
}

/** The whole text with everything replaced that detectors find; the same text where there is nothing. */
export function rewritten(text: string, detectors: readonly Detector[], replace: Replace): string {
  if (!holdsAny(text, detectors)) return text;
  return new TextRewriter(detectors, replace).last(text);
}

/** Most texts hold nothing, and many no digit. */
function holdsAny(text: string, detectors: readonly Detector[]): boolean {
  const hasDigit = /\d/.test(text);
  for (const detector of detectors)
    if ((hasDigit || detector.needsDigit !== true) && detector.find(text, 0) !== undefined) return true;
  return false;
}
