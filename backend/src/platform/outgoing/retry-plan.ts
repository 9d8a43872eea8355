/** What to do after a try that did not succeed. Pure: randomness and time are given. */

const repeatable: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Whether a status says that the same request may succeed a little later. */
export function isRepeatable(status: number): boolean {
  return repeatable.has(status);
}

const firstDelayMs = 200;
const longestDelayMs = 10_000;

/**
 * Milliseconds before try `attempt + 1`: exponential with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), never earlier than `Retry-After` asks.
 * @param attempt tries made so far, from 1
 * @param random a number in [0, 1)
 */
export function retryDelay(attempt: number, random: number, retryAfterMs = 0): number {
  const bound = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return Math.max(retryAfterMs, Math.round(random * bound));
}

/** Milliseconds that a `Retry-After` header asks for (seconds or an HTTP date); undefined where it says neither. */
export function parseRetryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}
