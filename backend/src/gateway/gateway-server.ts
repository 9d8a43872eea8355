import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { admitted, keyOf, type AdmittedCall } from './admission.ts';
import type { CallSink } from './attempting.ts';
import type { Dialect } from './dialects/dialect.ts';
import { errorBody, GatewayError } from './gateway-error.ts';
import { modelEntry, modelList } from './model-list.ts';
import { Turnstile } from './turnstile.ts';
import type { VirtualKey } from './virtual-key.ts';

export interface GatewayServerParts {
  maxBodyBytes: number;
  maxInFlight: number;
  findKey(secret: string): VirtualKey | undefined;
  /** Models that the key may ask for, for `GET /v1/models`. */
  models(key: VirtualKey): string[];
  /** Whether a policy serves the model to the key, under a name with `*` as well. */
  isServed(key: VirtualKey, model: string): boolean;
  /** Resolves when the call is over. */
  serve(call: AdmittedCall, sink: CallSink): Promise<unknown>;
  /** Takes what the caller says of an answer. @returns what is answered @throws GatewayError */
  feedback(key: VirtualKey, body: Buffer): Promise<object>;
  now(): number;
  onFault(error: unknown): void;
}

const dialects: Readonly<Record<string, Dialect>> = {
  '/v1/chat/completions': 'chat',
  '/v1/responses': 'responses',
  '/v1/embeddings': 'embeddings',
  '/v1/messages': 'messages',
  '/v1/messages/count_tokens': 'count',
};
/** Calls whose bodies are there begin together. */
const arrivals = new Turnstile();
const mostFeedbackBytes = 16 * 1024;
const drainMs = 30_000;
const idleCheckMs = 50;
/** A provider may tell what a call cost after its caller has the whole answer. */
const lastWordsMs = 5_000;

export interface GatewayServer {
  port: number;
  /** Calls in progress. */
  inFlight(): number;
  /**
   * Takes no new connection, lets calls in progress finish for half a minute, then ends them. Resolves when what they used is
   * known, where providers tell it soon.
   */
  close(): Promise<void>;
}

/**
 * The HTTP server that applications call as they would call OpenAI or Anthropic. Apart from the service's own server: its
 * traffic, its limits and its callers are others, and every microsecond counts.
 */
export async function startGatewayServer(
  address: { host: string; port: number },
  parts: GatewayServerParts,
): Promise<GatewayServer> {
  let inFlight = 0;
  let isDraining = false;
  const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 300_000 }, (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]!.replace(/\/+$/, '');
    // Whoever has a connection is still served over it, once, and goes elsewhere then.
    if (isDraining) response.setHeader('connection', 'close');
    if (path === '/healthz')
      return json(response, isDraining ? 503 : 200, isDraining ? '{"status":"stopping"}' : '{"status":"ok"}');
    if (request.method === 'GET') return answerGet(path, request, response, parts);
    if (request.method === 'POST' && path === '/v1/feedback') return void takeFeedback(request, response, parts);
    const dialect = dialects[path];
    if (request.method !== 'POST' || !dialect)
      return refuse(
        response,
        'chat',
        new GatewayError(404, 'not_found', `There is no ${request.method} ${path} here.`),
      );
    if (inFlight >= parts.maxInFlight) {
      request.resume();
      return refuse(response, dialect, new GatewayError(503, 'overloaded', 'Too many calls at a time; try again.', 1));
    }
    inFlight += 1;
    void serveOne(request, response, dialect, parts, () => {
      inFlight -= 1;
    });
  });
  server.listen(address.port, address.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    inFlight: () => inFlight,
    close: async () => {
      isDraining = true;
      await closed(server);
      for (let waited = 0; inFlight > 0 && waited < lastWordsMs; waited += idleCheckMs) await delay(idleCheckMs);
    },
  };
}

async function serveOne(
  request: IncomingMessage,
  response: ServerResponse,
  dialect: Dialect,
  parts: GatewayServerParts,
  over: () => void,
): Promise<void> {
  const receivedAt = parts.now();
  const id = randomUUID();
  const sink = new ResponseSink(response, id);
  try {
    const key = keyOf(request.headers, parts.findKey);
    const bytes = await bodyOf(request, parts.maxBodyBytes, arrivals);
    const call = admitted({ id, key, dialect, headers: request.headers, receivedAt }, bytes);
    await parts.serve(call, sink);
  } catch (error) {
    if (sink.gone.aborted) return;
    if (!(error instanceof GatewayError)) parts.onFault(error);
    const known =
      error instanceof GatewayError ? error : new GatewayError(500, 'internal_error', 'The gateway failed; try again.');
    request.resume();
    if (sink.started) return void response.destroy();
    response.setHeader('x-amadeus-request-id', id);
    refuse(response, dialect, known);
  } finally {
    over();
  }
}

async function takeFeedback(
  request: IncomingMessage,
  response: ServerResponse,
  parts: GatewayServerParts,
): Promise<void> {
  try {
    const key = keyOf(request.headers, parts.findKey);
    const taken = await parts.feedback(key, await bodyOf(request, mostFeedbackBytes));
    json(response, 200, JSON.stringify(taken));
  } catch (error) {
    request.resume();
    if (!(error instanceof GatewayError)) parts.onFault(error);
    const known =
      error instanceof GatewayError ? error : new GatewayError(503, 'unavailable', 'It was not kept; try again.', 1);
    if (!response.headersSent) refuse(response, 'chat', known);
  }
}

function answerGet(path: string, request: IncomingMessage, response: ServerResponse, parts: GatewayServerParts): void {
  try {
    const one = /^\/v1\/models\/(.+)$/.exec(path)?.[1];
    if (path !== '/v1/models' && one === undefined)
      throw new GatewayError(404, 'not_found', `There is no GET ${path} here.`);
    const key = keyOf(request.headers, parts.findKey);
    if (one === undefined) return json(response, 200, JSON.stringify(modelList(parts.models(key))));
    const id = decoded(one);
    if (!parts.isServed(key, id))
      throw new GatewayError(404, 'model_not_found', 'No policy that is open to this key serves it.');
    json(response, 200, JSON.stringify(modelEntry(id)));
  } catch (error) {
    if (error instanceof GatewayError) refuse(response, 'chat', error);
    else throw error;
  }
}

/** Half an escape is no name of a model. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function refuse(response: ServerResponse, dialect: Dialect, error: GatewayError): void {
  if (error.retryAfter !== undefined) response.setHeader('retry-after', String(Math.ceil(error.retryAfter)));
  for (const name in error.headers) response.setHeader(name, error.headers[name]!);
  json(response, error.status, errorBody(dialect, error.status, error.code, error.message));
}

function json(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}

/** @param gate through which the body goes once all of it is there @throws GatewayError 413 where it is too large */
function bodyOf(request: IncomingMessage, most: number, gate?: Turnstile): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= most) return void pieces.push(piece);
      pieces.length = 0;
      reject(new GatewayError(413, 'request_too_large', `The body may be at most ${most} bytes.`));
    });
    request.on('end', () => {
      const body = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      if (gate) gate.through(() => resolve(body));
      else resolve(body);
    });
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete) reject(new Error('The caller went away in the middle of the request.'));
    });
  });
}

class ResponseSink implements CallSink {
  readonly #response: ServerResponse;
  readonly #id: string;
  readonly #gone = new AbortController();
  /** Goes out with what is written first, so that the length of a whole answer can stand in it. */
  #head: { status: number; headers: Readonly<Record<string, string>> } | undefined;

  constructor(response: ServerResponse, id: string) {
    this.#response = response;
    this.#id = id;
    response.on('close', () => {
      if (!response.writableFinished) this.#gone.abort();
    });
    // A connection that breaks while it is written is a caller that went away.
    response.on('error', () => this.#gone.abort());
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get started(): boolean {
    return this.#head !== undefined;
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.#head = { status, headers };
  }

  write(piece: Uint8Array | string): Promise<void> | undefined {
    this.#sendHead();
    if (this.gone.aborted || this.#response.write(piece)) return undefined;
    return this.#drained();
  }

  end(piece: Uint8Array | string = ''): void {
    // Nobody who is served reads so slowly that the end comes before what went ahead was taken.
    if (this.#response.writableNeedDrain) this.#letGoSoon();
    this.#sendHead(typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length);
    if (piece.length === 0) this.#response.end();
    else this.#response.end(piece);
  }

  #letGoSoon(): void {
    const response = this.#response;
    const timer = setTimeout(() => response.destroy(), lastWordsMs).unref();
    response.on('close', () => clearTimeout(timer));
  }

  /** @param length of the whole answer, where it is known */
  #sendHead(length?: number): void {
    if (this.#response.headersSent || !this.#head) return;
    const { status, headers } = this.#head;
    const own: Record<string, string | number> = { ...headers, 'x-amadeus-request-id': this.#id };
    if (length !== undefined) own['content-length'] = length;
    this.#response.writeHead(status, own);
  }

  async #drained(): Promise<void> {
    const response = this.#response;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
  }
}

async function closed(server: Server): Promise<void> {
  const done = once(server, 'close');
  server.close();
  // Connections that become idle would stay for the next call, which is not to come here.
  const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
  const timer = setTimeout(() => server.closeAllConnections(), drainMs);
  await done;
  clearInterval(idle);
  clearTimeout(timer);
}
