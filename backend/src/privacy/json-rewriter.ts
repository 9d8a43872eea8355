import type { Detector } from './detector.ts';
import { TextRewriter, type Replace } from './text-rewriter.ts';

type Place = 'outside' | 'string' | 'escape' | 'unicode';
const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * Replaces what detectors find in a JSON text that comes in pieces, as the arguments of a tool do: within its strings as they
 * read, so that an escape hides nothing and what is put in breaks nothing. A number that is replaced becomes a string. A text
 * that is no JSON is read as far as it goes.
 */
export class JsonRewriter {
  readonly #outside: TextRewriter;
  readonly #inside: TextRewriter;
  #place: Place = 'outside';
  #digits = '';

  constructor(detectors: readonly Detector[], replace: Replace) {
    this.#inside = new TextRewriter(detectors, replace);
    this.#outside = new TextRewriter(detectors, (span, found) => JSON.stringify(replace(span, found)));
  }

  push(piece: string): string {
    let out = '';
    let run = '';
    const flush = (): void => {
      if (run === '') return;
      out += this.#place === 'outside' ? this.#outside.push(run) : inString(this.#inside.push(run));
      run = '';
    };
    for (const unit of piece.split('')) {
      if (this.#place === 'outside') {
        if (unit !== '"') run += unit;
        else {
          flush();
          out += `${this.#outside.last()}"`;
          this.#place = 'string';
        }
      } else if (this.#place === 'string') {
        if (unit === '\\') this.#place = 'escape';
        else if (unit !== '"') run += unit;
        else {
          flush();
          out += `${inString(this.#inside.last())}"`;
          this.#place = 'outside';
        }
      } else if (this.#place === 'escape') {
        this.#place = unit === 'u' ? 'unicode' : 'string';
        if (unit !== 'u') run += escapes[unit] ?? unit;
      } else {
        this.#digits += unit;
        if (this.#digits.length === 4) {
          run += String.fromCharCode(parseInt(this.#digits, 16) || 0);
          this.#digits = '';
          this.#place = 'string';
        }
      }
    }
    const isWithin = this.#place === 'escape' || this.#place === 'unicode';
    if (run !== '' && isWithin) out += inString(this.#inside.push(run));
    else flush();
    return out;
  }

  /** @returns the rest, with a last piece. The next piece begins a new text. */
  last(piece = ''): string {
    const out = this.push(piece);
    const rest = this.#place === 'outside' ? this.#outside.last() : inString(this.#inside.last());
    this.#place = 'outside';
    this.#digits = '';
    return out + rest;
  }
}

/** As it stands between the quotes of a JSON text. */
function inString(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
