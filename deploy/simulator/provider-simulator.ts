import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { readAsked, type Dialect } from './asked.ts';
import { saidBy, type Behaviour } from './behaviour.ts';
import type { Character } from './character.ts';
import { limitHeaders, refusal } from './refusal.ts';
import { chat } from './speech/chat.ts';
import { count } from './speech/count.ts';
import { converse } from './speech/converse.ts';
import { embeddings } from './speech/embeddings.ts';
import { gemini } from './speech/gemini.ts';
import { messages } from './speech/messages.ts';
import { responses } from './speech/responses.ts';
import type { Speech } from './speech/speech.ts';

/** A call that came. */
export interface Seen {
  path: string;
  headers: IncomingMessage['headers'];
  text: string;
  body: Record<string, unknown>;
}

const speeches: Readonly<Record<Exclude<Dialect, 'embeddings' | 'count'>, Speech>> = {
  chat,
  responses,
  messages,
  gemini,
  converse,
};
const mostSeen = 1000;

/**
 * A provider on loopback that speaks chat completions, responses, embeddings (OpenAI), messages (Anthropic), generateContent
 * (Gemini) and Converse (Bedrock), with the embeddings of the last two and the counting of tokens. It answers as `behaviour` says, or as a character draws it.
 */
export class ProviderSimulator {
  /** The calls, the newest last; only without a character. */
  readonly seen: Seen[] = [];
  behaviour: Behaviour = {};
  /** One for each coming call; when they are used up, `behaviour` counts. */
  readonly script: Behaviour[] = [];
  readonly #character: Character | undefined;
  readonly #server: Server;
  readonly #closing = new AbortController();

  constructor(character?: Character) {
    this.#character = character;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** @returns the address that it listens at */
  async start(port = 0): Promise<string> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const done = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await done;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    const asked = readAsked(request.url ?? '', request.headers, text);
    if (!asked) return void response.writeHead(404).end();
    const now = Date.now();
    const behaviour = this.script.shift() ?? this.#character?.behave(asked, now) ?? this.behaviour;
    if (!this.#character && this.seen.length < mostSeen)
      this.seen.push({ path: request.url ?? '', headers: request.headers, text, body: asked.body });
    const limits = this.#character?.limits();
    const headers = { 'x-request-id': 'req_simulated', ...(limits ? limitHeaders(asked.dialect, limits, now) : {}) };
    await this.#pause(behaviour.firstMs);
    if (behaviour.stallAfter === 0) return this.#stall(response);
    if (behaviour.status !== undefined) {
      const no = refusal(asked.dialect, behaviour.status, behaviour.retryAfter);
      response.writeHead(behaviour.status, { 'content-type': 'application/json', ...headers, ...no.headers });
      return void response.end(no.body);
    }
    if (asked.dialect === 'embeddings') {
      const embedded = embeddings(asked);
      return this.#whole(response, { ...headers, ...embedded.headers }, embedded.body, behaviour);
    }
    if (asked.dialect === 'count') return this.#whole(response, headers, count(asked), behaviour);
    const speech = speeches[asked.dialect];
    const said = saidBy(behaviour, asked.maxTokens);
    if (!asked.stream) {
      // A whole answer comes when its last word is written.
      if (this.#character) await this.#pause((behaviour.betweenMs ?? 0) * said.words.length);
      return this.#whole(response, headers, speech.whole(asked, said), behaviour);
    }
    response.writeHead(200, { 'content-type': speech.contentType, ...headers });
    await this.#stream(response, speech.events(asked, said), behaviour);
  }

  #whole(response: ServerResponse, headers: Record<string, string>, body: object, { cutAfter }: Behaviour): void {
    const text = JSON.stringify(body);
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    });
    if (cutAfter === undefined) return void response.end(text);
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  }

  async #stream(response: ServerResponse, events: readonly (string | Buffer)[], behaviour: Behaviour): Promise<void> {
    for (const [index, event] of events.entries()) {
      // What was written is still sent.
      if (index === behaviour.cutAfter) return response.socket?.destroySoon();
      if (index === behaviour.stallAfter) return this.#stall(response);
      if (index === behaviour.holdAfter) await behaviour.until;
      if (response.destroyed) return;
      for (const piece of piecesOf(event, behaviour.pieceBytes)) {
        response.write(piece);
        // A turn of the loop between pieces, so that each is sent for itself.
        if (behaviour.pieceBytes !== undefined) await new Promise((resolve) => setImmediate(resolve));
      }
      await this.#pause(behaviour.betweenMs);
    }
    response.end();
  }

  async #stall(response: ServerResponse): Promise<void> {
    response.flushHeaders();
    await once(response, 'close', { signal: this.#closing.signal });
  }

  async #pause(ms: number | undefined): Promise<void> {
    if (ms !== undefined && ms > 0) await delay(ms, undefined, { signal: this.#closing.signal });
  }
}

function piecesOf(event: string | Buffer, size: number | undefined): Buffer[] {
  const bytes = Buffer.from(event as string);
  if (size === undefined) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}
