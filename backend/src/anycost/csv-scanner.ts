/** A record of a file with the line on which it begins, counted from 1. */
export interface BillRecord {
  line: number;
  fields: string[];
}

/** The text is no CSV; `line` is where the record that shows it begins. */
export class CsvError extends Error {
  readonly line: number;

  constructor(reason: string, line: number) {
    super(reason);
    this.line = line;
  }
}

/** Longest record in characters; a quote that is never closed would otherwise swallow the file. */
const maxRecordLength = 4 * 1024 * 1024;

const comma = 44;
const quote = 34;
const lineFeed = 10;
const carriageReturn = 13;

/**
 * Reads CSV (RFC 4180) piece by piece: quoted fields with doubled quotes and line ends inside, records that end with
 * `\n`, `\r\n` or `\r`, empty lines skipped. A quote in the middle of an unquoted field is a character like any other.
 * Only the present record is held.
 */
export class CsvScanner {
  #text = '';
  #at = 0;
  #line = 1;
  #ended = false;

  /** The records that `text` completes. @throws CsvError */
  *push(text: string): Generator<BillRecord> {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
    yield* this.#records();
    if (this.#text.length - this.#at > maxRecordLength)
      throw new CsvError(
        `A record is longer than ${maxRecordLength} characters; most likely a quote is not closed.`,
        this.#line,
      );
  }

  /** The last record, where the file does not end with a line end. @throws CsvError where it ends inside of quotes */
  *end(): Generator<BillRecord> {
    this.#ended = true;
    yield* this.#records();
    if (this.#at < this.#text.length)
      throw new CsvError(
        'A quote is opened and never closed, so that the end of the file cannot be told from a text.',
        this.#line,
      );
  }

  *#records(): Generator<BillRecord> {
    while (this.#at < this.#text.length) {
      const start = this.#line;
      const fields = this.#record();
      if (fields === undefined) return;
      if (fields.length > 1 || fields[0] !== '') yield { line: start, fields };
    }
  }

  /** Reads one record and steps over its end; undefined, and no step, where it is not complete yet. */
  #record(): string[] | undefined {
    const text = this.#text;
    const fields: string[] = [];
    let at = this.#at;
    let lines = 0;
    for (;;) {
      let end: number;
      if (text.charCodeAt(at) === quote) {
        const close = this.#closingQuote(at + 1);
        if (close === undefined) return undefined;
        const field = text.slice(at + 1, close);
        lines += lineEndsIn(field);
        fields.push(field.includes('"') ? field.replaceAll('""', '"') : field);
        end = close + 1;
      } else {
        end = fieldEnd(text, at);
        fields.push(text.slice(at, end));
      }
      const code = end < text.length ? text.charCodeAt(end) : undefined;
      if (code === undefined && !this.#ended) return undefined;
      if (code === comma) {
        at = end + 1;
        continue;
      }
      if (code === carriageReturn && end + 1 === text.length && !this.#ended) return undefined;
      if (code !== undefined && code !== lineFeed && code !== carriageReturn)
        throw new CsvError('A quoted field is followed by further text.', this.#line);
      this.#at = Math.min(
        text.length,
        end + (code === carriageReturn && text.charCodeAt(end + 1) === lineFeed ? 2 : 1),
      );
      this.#line += lines + 1;
      return fields;
    }
  }

  /** Where the quote closes that was opened before `from`; undefined where the text at hand does not say. */
  #closingQuote(from: number): number | undefined {
    const text = this.#text;
    for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
      if (at + 1 === text.length && !this.#ended) return undefined;
      if (text.charCodeAt(at + 1) !== quote) return at;
    }
    return undefined;
  }
}

function fieldEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === comma || code === lineFeed || code === carriageReturn) return at;
  }
  return text.length;
}

function lineEndsIn(field: string): number {
  let count = 0;
  for (let at = 0; at < field.length; at++) {
    const code = field.charCodeAt(at);
    if (code === lineFeed || (code === carriageReturn && field.charCodeAt(at + 1) !== lineFeed)) count += 1;
  }
  return count;
}
