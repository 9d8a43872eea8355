/** One event of a `text/event-stream`, as the WHATWG HTML standard (9.2) reads it. */
export interface ServerSentEvent {
  /** Name of the event; absent where the stream names none. */
  event?: string;
  /** The `data` lines, joined by line feeds. */
  data: string;
}

/** Reads the events of a stream, however its pieces are cut. */
export interface EventReader {
  /** @returns the events that this piece completes. @throws RangeError where the stream cannot be read */
  push(piece: Uint8Array): ServerSentEvent[];
  /** @returns what still stands in it when it is over. */
  end(): ServerSentEvent[];
}

const LF = 0x0a;
const CR = 0x0d;
const empty = Buffer.alloc(0);

/**
 * Reads a `text/event-stream` piece by piece, wherever the pieces are cut (also within a character of several bytes). Comments,
 * ids and retry times are left out.
 *
 * An event may be at most `maxBytes` long: a provider that never ends one must not fill the memory.
 */
export class SseReader implements EventReader {
  readonly #maxBytes: number;
  #rest: Buffer = empty;
  #event: string | undefined;
  #data: string[] = [];
  #size = 0;
  #start = true;

  constructor(maxBytes = 8 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  /** @returns the events that this piece completes. @throws RangeError where one event passes the limit */
  push(piece: Uint8Array): ServerSentEvent[] {
    const bytes = this.#rest.length === 0 ? viewOf(piece) : Buffer.concat([this.#rest, piece]);
    const events: ServerSentEvent[] = [];
    const from = bytes.includes(CR) ? this.#anyLines(bytes, events) : this.#lines(bytes, events);
    // A view would keep alive all that the wire read at once.
    this.#rest = from === bytes.length ? empty : Buffer.from(bytes.subarray(from));
    if (this.#rest.length + this.#size > this.#maxBytes)
      throw new RangeError(`An event of the stream is longer than ${this.#maxBytes} bytes.`);
    return events;
  }

  /** Lines that end with line feeds alone, as nearly every provider writes them. @returns where the unfinished one begins */
  #lines(bytes: Buffer, events: ServerSentEvent[]): number {
    const end = bytes.lastIndexOf(LF) + 1;
    const text = bytes.toString('utf8', 0, end);
    for (let from = 0; from < text.length;) {
      const at = text.indexOf('\n', from);
      this.#line(text.slice(from, at), events);
      from = at + 1;
    }
    return end;
  }

  /** Lines however they end. @returns where the unfinished one begins */
  #anyLines(bytes: Buffer, events: ServerSentEvent[]): number {
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte !== LF && byte !== CR) continue;
      // A carriage return at the end may be the first half of CR LF: the next piece tells.
      if (byte === CR && at + 1 === bytes.length) break;
      this.#line(bytes.toString('utf8', from, at), events);
      if (byte === CR && bytes[at + 1] === LF) at++;
      from = at + 1;
    }
    return from;
  }

  /** @returns what stands in the stream without its closing empty line: some servers end that way. */
  end(): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const rest = this.#rest;
    this.#rest = empty;
    if (rest.length > 0) this.#line(rest.toString('utf8', 0, rest.length - (rest.at(-1) === CR ? 1 : 0)), events);
    this.#line('', events);
    return events;
  }

  #line(text: string, events: ServerSentEvent[]): void {
    let line = text;
    if (this.#start) {
      this.#start = false;
      if (line.startsWith('\u{feff}')) line = line.slice(1);
    }
    if (line === '') {
      if (this.#data.length > 0)
        events.push(
          this.#event === undefined
            ? { data: this.#data.join('\n') }
            : { event: this.#event, data: this.#data.join('\n') },
        );
      this.#event = undefined;
      this.#data = [];
      this.#size = 0;
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#event = value;
    if (field !== 'data') return;
    this.#data.push(value);
    this.#size += value.length;
  }
}

/** @returns the event as it goes over the wire. */
export function eventText({ event, data }: ServerSentEvent): string {
  const name = event === undefined ? '' : `event: ${event}\n`;
  return data.includes('\n') ? `${name}data: ${data.replaceAll('\n', '\ndata: ')}\n\n` : `${name}data: ${data}\n\n`;
}

function viewOf(piece: Uint8Array): Buffer {
  return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
}
