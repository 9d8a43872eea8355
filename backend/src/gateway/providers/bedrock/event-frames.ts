import { crc32 } from 'node:zlib';
import type { EventReader, ServerSentEvent } from '../../wire/server-sent-events.ts';

const preludeBytes = 12;
const trailerBytes = 4;
const largestFrame = 16 * 1024 * 1024;
/** Bytes of a header's value by its type; two types tell their own length. */
const fixedSizes: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
const stringType = 7;
const sizedTypes: ReadonlySet<number> = new Set([6, stringType]);

/**
 * Reads AWS's event stream (`application/vnd.amazon.eventstream`): frames of a prelude (length of the whole, length of the
 * headers, CRC-32 of both), headers, a payload of JSON, and the CRC-32 of all of it. However the pieces are cut.
 */
export class EventFrameReader implements EventReader {
  #pieces: Buffer[] = [];
  #held = 0;
  #wanted = preludeBytes;

  /** @throws RangeError where a frame is longer than 16 MiB or damaged */
  push(piece: Uint8Array): ServerSentEvent[] {
    this.#pieces.push(Buffer.from(piece));
    this.#held += piece.length;
    if (this.#held < this.#wanted) return [];
    let bytes = Buffer.concat(this.#pieces);
    const events: ServerSentEvent[] = [];
    for (;;) {
      this.#wanted = bytes.length < preludeBytes ? preludeBytes : frameLength(bytes);
      if (bytes.length < this.#wanted) break;
      events.push(eventOf(bytes.subarray(0, this.#wanted)));
      bytes = bytes.subarray(this.#wanted);
    }
    this.#pieces = bytes.length > 0 ? [bytes] : [];
    this.#held = bytes.length;
    return events;
  }

  /** @throws RangeError where the stream ends within a frame */
  end(): ServerSentEvent[] {
    if (this.#held > 0) throw new RangeError('The event stream ends within a frame.');
    return [];
  }
}

function frameLength(bytes: Buffer): number {
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8))
    throw new RangeError('The prelude of a frame of the event stream is damaged.');
  const length = bytes.readUInt32BE(0);
  const headers = bytes.readUInt32BE(4);
  if (length > largestFrame || length < preludeBytes + headers + trailerBytes)
    throw new RangeError(`A frame of the event stream tells a length of ${length} bytes, which cannot be.`);
  return length;
}

function eventOf(frame: Buffer): ServerSentEvent {
  const end = frame.length - trailerBytes;
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end))
    throw new RangeError('A frame of the event stream is damaged.');
  const headersEnd = preludeBytes + frame.readUInt32BE(4);
  const headers = headersOf(frame.subarray(preludeBytes, headersEnd));
  const data = frame.subarray(headersEnd, end).toString('utf8');
  const kind = headers[':message-type'];
  if (kind === 'error' || kind === 'exception') {
    const type = headers[':exception-type'] ?? headers[':error-code'] ?? 'error';
    return { event: 'exception', data: exceptionText(type, headers[':error-message'] ?? data) };
  }
  return { event: headers[':event-type'] ?? '', data };
}

/** The error in the form in which the other dialects tell one in the middle of a stream. */
function exceptionText(type: string, said: string): string {
  let message = said;
  try {
    message = (JSON.parse(said) as { message?: string }).message ?? said;
  } catch {
    // Errors of the transport tell their message as plain text.
  }
  return JSON.stringify({ error: { type, message } });
}

/** Headers that are texts, by name; others are passed over. */
function headersOf(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    const name = bytes.toString('utf8', at + 1, nameEnd);
    const type = bytes.readUInt8(nameEnd);
    const isSized = sizedTypes.has(type);
    const start = nameEnd + (isSized ? 3 : 1);
    const size = isSized ? bytes.readUInt16BE(nameEnd + 1) : fixedSizes[type];
    if (size === undefined) throw new RangeError(`A header of the event stream has the unknown type ${type}.`);
    if (type === stringType) headers[name] = bytes.toString('utf8', start, start + size);
    at = start + size;
  }
  return headers;
}
