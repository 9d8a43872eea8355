/** Longest line of NDJSON; a longer one is left out, the rest goes on. */
export const maxLineBytes = 4 * 1024 * 1024;

export interface RawLine {
  /** Counted from 1. */
  line: number;
  /** Undefined where the line is too long to be read. */
  bytes: Buffer | undefined;
}

/** Cuts bytes into lines; of a line that is too long nothing is held. */
export class LineSplitter {
  #rest: Buffer[] = [];
  #held = 0;
  #tooLong = false;
  #line = 1;

  *push(chunk: Buffer): Generator<RawLine> {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      this.#hold(chunk.subarray(from, at));
      yield this.#take();
      from = at + 1;
    }
    this.#hold(chunk.subarray(from));
  }

  *end(): Generator<RawLine> {
    if (this.#held > 0 || this.#tooLong) yield this.#take();
  }

  #hold(part: Buffer): void {
    if (part.length === 0 || this.#tooLong) return;
    this.#held += part.length;
    this.#tooLong = this.#held > maxLineBytes;
    // A copy: the piece of the file that it lies in would be kept alive by it.
    if (this.#tooLong) this.#rest = [];
    else this.#rest.push(Buffer.from(part));
  }

  #take(): RawLine {
    const bytes = this.#tooLong ? undefined : Buffer.concat(this.#rest);
    this.#rest = [];
    this.#held = 0;
    this.#tooLong = false;
    return { line: this.#line++, bytes };
  }
}
