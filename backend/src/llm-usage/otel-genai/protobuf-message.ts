/**
 * What a field of a message is. Scalars are told in the JSON form of OTLP: 64-bit integers as decimal text, ids as
 * hexadecimal digits, other bytes as base64.
 */
export type FieldKind =
  'string' | 'bool' | 'int32' | 'int64' | 'double' | 'fixed64' | 'sfixed64' | 'id' | 'bytes' | MessageType;

export interface Field {
  name: string;
  kind: FieldKind;
  repeated?: true;
}

/** Fields of a message by their number. What is not named is skipped. */
export interface MessageType {
  fields: Readonly<Record<number, Field>>;
}

/** The bytes are no message of this type. */
export class ProtobufError extends Error {}

/** Nested deeper than any telemetry is. */
const maxDepth = 64;

/**
 * Reads a message of protocol buffers (encoding of proto3) into plain objects, in OTLP's JSON form.
 * @throws ProtobufError where the bytes end inside a field, or a field is not what the type says
 */
export function readMessage(type: MessageType, bytes: Uint8Array, depth = 0): Record<string, unknown> {
  if (depth > maxDepth) throw new ProtobufError('Messages are nested too deep.');
  const reader = new Reader(bytes);
  const message: Record<string, unknown> = {};
  while (!reader.atEnd) {
    const tag = Number(reader.varint());
    const field = type.fields[tag >>> 3];
    if (field === undefined) {
      reader.skip(tag & 7);
      continue;
    }
    for (const value of readField(reader, field, tag & 7, depth)) {
      if (field.repeated) ((message[field.name] ??= []) as unknown[]).push(value);
      else message[field.name] = value;
    }
  }
  return message;
}

/** One value, or several where numbers are packed. */
function readField(reader: Reader, field: Field, wire: number, depth: number): unknown[] {
  const { kind } = field;
  if (typeof kind === 'object') return [readMessage(kind, reader.delimited(expected(wire, 2)), depth + 1)];
  if (kind === 'string') return [utf8(reader.delimited(expected(wire, 2)))];
  if (kind === 'id') return [Buffer.from(reader.delimited(expected(wire, 2))).toString('hex')];
  if (kind === 'bytes') return [Buffer.from(reader.delimited(expected(wire, 2))).toString('base64')];
  if (wire !== 2) return [scalar(reader, kind, wire)];
  if (!field.repeated) throw new ProtobufError(`Field ${field.name} has the wrong type.`);
  const packed = new Reader(reader.delimited(2));
  const values: unknown[] = [];
  while (!packed.atEnd) values.push(scalar(packed, kind, wireOf(kind)));
  return values;
}

type Scalar = 'bool' | 'int32' | 'int64' | 'double' | 'fixed64' | 'sfixed64';

function wireOf(kind: Scalar): number {
  return kind === 'double' || kind === 'fixed64' || kind === 'sfixed64' ? 1 : 0;
}

function scalar(reader: Reader, kind: Scalar, wire: number): unknown {
  expected(wire, wireOf(kind));
  if (kind === 'bool') return reader.varint() !== 0n;
  if (kind === 'int32') return Number(BigInt.asIntN(32, reader.varint()));
  if (kind === 'int64') return BigInt.asIntN(64, reader.varint()).toString();
  const view = reader.eightBytes();
  if (kind === 'double') return view.getFloat64(0, true);
  return (kind === 'fixed64' ? view.getBigUint64(0, true) : view.getBigInt64(0, true)).toString();
}

function expected(wire: number, wanted: number): number {
  if (wire !== wanted) throw new ProtobufError('A field has the wrong type.');
  return wire;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function utf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProtobufError('A text is not UTF-8.');
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new ProtobufError('The message ends inside a number.');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError('A number is longer than 64 bits.');
  }

  delimited(_wire: number): Uint8Array {
    return this.#take(Number(this.varint()));
  }

  eightBytes(): DataView {
    const bytes = this.#take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8);
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.#take(8);
    else if (wire === 2) this.delimited(2);
    else if (wire === 5) this.#take(4);
    else throw new ProtobufError('A field has a type that is not used any more.');
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new ProtobufError('The message ends inside a field.');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
