import { AppError } from '../errors/index.ts';
import { redactText } from '../telemetry/index.ts';
import type { OutgoingRequest } from './contract.ts';

/** A request with its defaults filled in; its address holds neither user nor password. */
export interface Call extends Required<Pick<OutgoingRequest, 'timeoutMs' | 'attempts' | 'maxBytes' | 'method'>> {
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: string | Buffer;
  signal?: AbortSignal;
  /** Tries begun so far; counted while the call runs. */
  tried: number;
}

const defaultTimeoutMs = 30_000;
const defaultMaxBytes = 32 * 1024 * 1024;
const defaultReadAttempts = 3;

/**
 * User and password of the address become a header.
 * @throws AppError FORBIDDEN for a scheme other than http and https, UPSTREAM_FAILED for what is no address.
 */
export function parseCall(text: string, request: OutgoingRequest): Call {
  if (!URL.canParse(text)) throw new AppError('UPSTREAM_FAILED', `${JSON.stringify(redactText(text))} is no address.`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new AppError('FORBIDDEN', `Calls go to http and https only, not to ${url.protocol}//.`);
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  if (url.username !== '' && headers.authorization === undefined) {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  url.username = '';
  url.password = '';
  const method = request.method ?? 'GET';
  return {
    url,
    method,
    tried: 0,
    headers: { 'user-agent': 'amadeus', ...headers },
    timeoutMs: request.timeoutMs ?? defaultTimeoutMs,
    attempts: Math.max(1, request.attempts ?? (method === 'GET' ? defaultReadAttempts : 1)),
    maxBytes: request.maxBytes ?? defaultMaxBytes,
    ...(request.body === undefined ? {} : { body: request.body }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
}
