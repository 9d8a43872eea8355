/** How a column of a rows file is filled. */
export type RowsColumn =
  { name: string; kind: 'text' } | { name: string; kind: 'number' } | { name: string; kind: 'constant'; value: string };

/** The values of one column of one row group, in Parquet's PLAIN encoding. */
export class RowsPage {
  #bytes: Buffer;
  #length = 0;
  #spare: Buffer | undefined;

  constructor() {
    this.#bytes = Buffer.allocUnsafeSlow(64 * 1024);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a field of a CSV record; of doubled quotes one is kept. */
  addBytes(from: Buffer, start: number, end: number, escaped: boolean): void {
    if (escaped) return this.addText(from.toString('utf8', start, end).replaceAll('""', '"'));
    const length = end - start;
    const at = this.#begin(length);
    // A call into the runtime costs more than a short copy by hand.
    if (length > 24) from.copy(this.#bytes, at, start, end);
    else for (let index = 0; index < length; index++) this.#bytes[at + index] = from[start + index]!;
    this.#length = at + length;
  }

  addText(text: string): void {
    const at = this.#begin(text.length * 3);
    const length = this.#bytes.write(text, at, 'utf8');
    this.#bytes.writeUInt32LE(length, at - 4);
    this.#length = at + length;
  }

  addNumber(value: number): void {
    this.#reserve(8);
    this.#bytes.writeUInt32LE(value % 2 ** 32, this.#length);
    this.#bytes.writeUInt32LE(Math.floor(value / 2 ** 32), this.#length + 4);
    this.#length += 8;
  }

  /** Adds the same text for many rows. */
  repeat(text: string, times: number): void {
    const value = Buffer.from(text);
    const one = Buffer.alloc(4 + value.length);
    one.writeUInt32LE(value.length);
    value.copy(one, 4);
    this.#reserve(one.length * times);
    this.#bytes.fill(one, this.#length, this.#length + one.length * times);
    this.#length += one.length * times;
  }

  /** Hands out what was added and begins anew, in another buffer. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = this.#spare ?? Buffer.allocUnsafeSlow(Math.max(1024, this.#length));
    this.#spare = undefined;
    this.#length = 0;
    return taken;
  }

  /** Takes a buffer back that was handed out: memory that is asked for anew each time keeps the collector busy. */
  giveBack(taken: Buffer): void {
    // None of them comes from the pool that small buffers share.
    this.#spare = Buffer.from(taken.buffer);
  }

  /** Writes the length of a value and says where its bytes begin. */
  #begin(length: number): number {
    this.#reserve(length + 4);
    this.#bytes.writeUInt32LE(length, this.#length);
    return this.#length + 4;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** The Thrift header of a data page (version 1) without levels: every field of a rows file is there, absent ones empty. */
export function pageHeader(values: number, bytes: number, packedBytes: number): Buffer {
  const [plain, rle] = [0, 3];
  return Buffer.from([
    ...[0x15, ...zigzag(0)],
    ...[0x15, ...zigzag(bytes)],
    ...[0x15, ...zigzag(packedBytes)],
    0x2c,
    ...[0x15, ...zigzag(values)],
    ...[0x15, ...zigzag(plain)],
    ...[0x15, ...zigzag(rle)],
    ...[0x15, ...zigzag(rle)],
    ...[0, 0],
  ]);
}

/** A whole number as Thrift's compact protocol has it. */
function zigzag(value: number): number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}
