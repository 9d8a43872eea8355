import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const requestIdShape = /^[A-Za-z0-9._-]{1,64}$/;

/** The caller's X-Request-Id where it is a harmless word, else a fresh one. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && requestIdShape.test(given) ? given : randomBytes(8).toString('hex');
}

/** 32 hex digits of a trace that nobody else carries. */
export function freshTraceId(): string {
  return randomBytes(16).toString('hex');
}

/** The path of a request's URL, at most 300 characters and without what follows `?`: query values may hold tokens. */
export function pathOf(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  return path.length > 300 ? `${path.slice(0, 300)}…` : path;
}
