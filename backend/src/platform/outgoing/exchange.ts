import { request as send, type Dispatcher } from 'undici';
import type { OutgoingRequest, OutgoingResponse } from './contract.ts';

/** The answer is larger than the caller wants to hold. */
export class AnswerTooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`the answer is larger than ${maxBytes} bytes`);
    this.name = 'AnswerTooLargeError';
  }
}

export interface Exchange {
  url: URL;
  method: NonNullable<OutgoingRequest['method']>;
  headers: Readonly<Record<string, string>>;
  body?: string | Buffer;
  maxBytes: number;
  signal: AbortSignal;
  dispatcher: Dispatcher;
}

const maxRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * One request and its whole answer. A GET follows redirects within its own origin (or from http to https of the same host);
 * every other redirect is returned as it is, so that nobody can send a call with its credentials elsewhere.
 */
export async function exchange(start: Exchange): Promise<OutgoingResponse> {
  let url = start.url;
  for (let hop = 0; ; hop += 1) {
    const response = await exchangeOnce({ ...start, url });
    const next =
      start.method === 'GET' && redirects.has(response.status) ? sameHost(url, response.headers.location) : undefined;
    if (!next || hop >= maxRedirects) return response;
    url = next;
  }
}

async function exchangeOnce({
  url,
  method,
  headers,
  body,
  maxBytes,
  signal,
  dispatcher,
}: Exchange): Promise<OutgoingResponse> {
  const response = await send(url, { method, headers, body: body ?? null, signal, dispatcher });
  return {
    status: response.statusCode,
    headers: Object.fromEntries(
      Object.entries(response.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
      ),
    ),
    body: await readBounded(response.body, maxBytes, Number(response.headers['content-length'] ?? 0)),
  };
}

async function readBounded(body: Dispatcher.ResponseData['body'], maxBytes: number, declared: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop by throwing destroys the stream and with it the connection.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes || declared > maxBytes) throw new AnswerTooLargeError(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function sameHost(from: URL, location: string | undefined): URL | undefined {
  if (location === undefined || !URL.canParse(location, from.href)) return undefined;
  const to = new URL(location, from);
  const upgraded = from.protocol === 'http:' && to.protocol === 'https:' && from.port === '' && to.port === '';
  return to.origin === from.origin || (upgraded && to.hostname === from.hostname) ? to : undefined;
}
