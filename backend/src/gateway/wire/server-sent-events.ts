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

/**
 * Reads a `text/event-stream` piece by piece, wherever the pieces are cut (also within a character of several bytes). Comments,
 * ids and retry times are left out.
 *
 * An event may be at most `maxBytes` long: a provider that never ends one must not fill the memory.
 */
export class SseReader implements EventReader {
  readonly #maxBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  #event: string | undefined;
  #data: string[] = [];
  #size = 0;
  #start = true;

  constructor(maxBytes = 8 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  /** @returns the events that this piece completes. @throws RangeError where one event passes the limit */
  push(piece: Uint8Array): ServerSentEvent[] {
    const bytes = this.#rest.length === 0 ? Buffer.from(piece) : Buffer.concat([this.#rest, piece]);
    const events: ServerSentEvent[] = [];
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte !== LF && byte !== CR) continue;
      // A carriage return at the end may be the first half of CR LF: the next piece tells.
      if (byte === CR && at + 1 === bytes.length) break;
      this.#line(bytes.subarray(from, at), events);
      if (byte === CR && bytes[at + 1] === LF) at++;
      from = at + 1;
    }
    this.#rest = bytes.subarray(from);
    if (this.#rest.length + this.#size > this.#maxBytes)
      throw new RangeError(`An event of the stream is longer than ${this.#maxBytes} bytes.`);
    return events;
  }

  /** @returns what stands in the stream without its closing empty line: some servers end that way. */
  end(): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (rest.length > 0) this.#line(rest.at(-1) === CR ? rest.subarray(0, -1) : rest, events);
    this.#line(Buffer.alloc(0), events);
    return events;
  }

  #line(bytes: Buffer, events: ServerSentEvent[]): void {
    let line = bytes.toString('utf8');
    if (this.#start) {
      this.#start = false;
      if (line.startsWith('\u{feff}')) line = line.slice(1);
    }
    if (line === '') {
      if (this.#data.length > 0)
        events.push({ ...(this.#event === undefined ? {} : { event: this.#event }), data: this.#data.join('\n') });
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
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `${event === undefined ? '' : `event: ${event}\n`}${lines.join('')}\n`;
}
