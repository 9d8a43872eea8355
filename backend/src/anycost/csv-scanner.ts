import { isUtf8 } from 'node:buffer';

/** A record of a file as strings, with the line on which it begins, counted from 1. */
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

/** Longest record in bytes; a quote that is never closed would otherwise swallow the file. */
const maxRecordBytes = 4 * 1024 * 1024;

const quote = 34;
const lineFeed = 10;
const carriageReturn = 13;
const nothing = Buffer.alloc(0);

/**
 * A record as places in the bytes at hand. It is the same object for every record: who wants to keep something copies it
 * before asking for the next one.
 */
export interface CsvRecord {
  readonly bytes: Buffer;
  /** Line of the file on which it begins, counted from 1. */
  readonly line: number;
  readonly count: number;
  /** First byte of each field, and the byte behind its last. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1 where the field holds doubled quotes. */
  readonly escaped: Uint8Array;
}

/**
 * Reads CSV (RFC 4180) piece by piece, as bytes: quoted fields with doubled quotes and line ends inside, records that end
 * with `\n`, `\r\n` or `\r`, empty lines skipped, any delimiter. A quote in the middle of an unquoted field is a character
 * like any other. Only the present record is held, and no text is made of it: millions of fields go from here to the lake.
 */
export class CsvScanner {
  #memory: Buffer = nothing;
  /** What is in the memory. */
  #bytes: Buffer = nothing;
  #at = 0;
  #line = 1;
  #ended = false;
  #begun = false;
  readonly #delimiter: Buffer;
  readonly #record: { -readonly [key in keyof CsvRecord]: CsvRecord[key] };

  constructor(delimiter = ',') {
    this.#delimiter = Buffer.from(delimiter);
    const [starts, ends, escaped] = [new Int32Array(64), new Int32Array(64), new Uint8Array(64)];
    this.#record = { bytes: nothing, line: 1, count: 0, starts, ends, escaped };
  }

  /** The records that `chunk` completes. @throws CsvError; EncodingError where a record is not UTF-8 */
  *push(chunk: Buffer): Generator<CsvRecord> {
    this.#add(chunk);
    this.#skipMark();
    yield* this.#records();
    if (this.#bytes.length - this.#at > maxRecordBytes)
      throw new CsvError(
        `A record is longer than ${maxRecordBytes} bytes; most likely a quote is not closed.`,
        this.#line,
      );
  }

  /** The last record, where the file does not end with a line end. @throws CsvError where it ends inside of quotes */
  *end(): Generator<CsvRecord> {
    this.#ended = true;
    this.#skipMark();
    yield* this.#records();
    if (this.#at < this.#bytes.length)
      throw new CsvError(
        'A quote is opened and never closed, so that the end of the file cannot be told from a text.',
        this.#line,
      );
  }

  /** Puts a piece behind what is left of the last ones, in the memory that is there: the caller may use his again. */
  #add(chunk: Buffer): void {
    const rest = this.#bytes.subarray(this.#at);
    const length = rest.length + chunk.length;
    const memory = this.#memory.length >= length ? this.#memory : Buffer.allocUnsafe(length + chunk.length);
    rest.copy(memory, 0);
    chunk.copy(memory, rest.length);
    this.#memory = memory;
    this.#bytes = memory.subarray(0, length);
    this.#at = 0;
  }

  /** Leaves out a byte order mark. */
  #skipMark(): void {
    if (this.#begun || (this.#bytes.length < 3 && !this.#ended)) return;
    this.#begun = true;
    const [one, two, three] = this.#bytes;
    if (one === 0xef && two === 0xbb && three === 0xbf) this.#at = 3;
  }

  *#records(): Generator<CsvRecord> {
    if (!this.#begun) return;
    // What is decoded wrongly must not be counted. A character that the end of the piece cuts is looked at with the next.
    if (!isUtf8(this.#bytes.subarray(this.#at, this.#ended ? undefined : wholeCharacters(this.#bytes))))
      throw new EncodingError();
    const record = this.#record;
    record.bytes = this.#bytes;
    while (this.#at < this.#bytes.length) {
      record.line = this.#line;
      if (!this.#scan()) return;
      if (record.count > 1 || record.starts[0] !== record.ends[0]) yield record;
    }
  }

  /** Finds one record and steps over its end; false, and no step, where it is not complete yet. */
  #scan(): boolean {
    const { bytes } = this.#record;
    const [first, width] = [this.#delimiter[0]!, this.#delimiter.length];
    const end = bytes.length;
    let [at, lines, count] = [this.#at, 0, 0];
    for (;;) {
      let fieldStart = at;
      let fieldEnd: number;
      let doubled = 0;
      if (bytes[at] === quote) {
        fieldStart = at + 1;
        for (at = fieldStart; ; at++) {
          if (at >= end) return false;
          const code = bytes[at];
          if (code === quote) {
            if (at + 1 >= end && !this.#ended) return false;
            if (bytes[at + 1] !== quote) break;
            doubled = 1;
            at += 1;
          } else if (code === lineFeed) lines += 1;
          else if (code === carriageReturn && bytes[at + 1] !== lineFeed) lines += 1;
        }
        fieldEnd = at;
        at += 1;
      } else {
        for (; at < end; at++) {
          const code = bytes[at]!;
          if (code === lineFeed || code === carriageReturn) break;
          if (code === first && (width === 1 || this.#delimitsAt(at))) break;
        }
        fieldEnd = at;
      }
      this.#place(count++, fieldStart, fieldEnd, doubled);
      if (at >= end) {
        if (!this.#ended) return false;
        this.#step(at, lines, count);
        return true;
      }
      const code = bytes[at];
      if (code === first && (width === 1 || this.#delimitsAt(at))) {
        at += width;
        continue;
      }
      if (code === carriageReturn && at + 1 === end && !this.#ended) return false;
      if (code !== lineFeed && code !== carriageReturn)
        throw new CsvError('A quoted field is followed by further text.', this.#line);
      this.#step(at + (code === carriageReturn && bytes[at + 1] === lineFeed ? 2 : 1), lines + 1, count);
      return true;
    }
  }

  #step(to: number, lines: number, count: number): void {
    this.#at = to;
    this.#line += lines;
    this.#record.count = count;
  }

  #delimitsAt(at: number): boolean {
    return this.#bytes.compare(this.#delimiter, 0, this.#delimiter.length, at, at + this.#delimiter.length) === 0;
  }

  #place(index: number, start: number, end: number, escaped: number): void {
    const record = this.#record;
    if (index >= record.starts.length) {
      const size = record.starts.length * 2;
      const [starts, ends, doubled] = [new Int32Array(size), new Int32Array(size), new Uint8Array(size)];
      starts.set(record.starts);
      ends.set(record.ends);
      doubled.set(record.escaped);
      Object.assign(record, { starts, ends, escaped: doubled });
    }
    record.starts[index] = start;
    record.ends[index] = end;
    record.escaped[index] = escaped;
  }
}

/** Bytes that are not UTF-8. */
export class EncodingError extends Error {}

/** The text of a field. */
export function fieldText({ bytes, starts, ends, escaped }: CsvRecord, index: number): string {
  const text = bytes.toString('utf8', starts[index], ends[index]);
  return escaped[index] === 1 ? text.replaceAll('""', '"') : text;
}

export function fieldTexts(record: CsvRecord): string[] {
  return Array.from({ length: record.count }, (_, index) => fieldText(record, index));
}

/** Length of the bytes without a character at their end that has not come whole. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < needed ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}
