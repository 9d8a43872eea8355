import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../clock/index.ts';
import { AppError, isAppError } from '../errors/index.ts';
import type { Outgoing } from '../outgoing/index.ts';

export interface SigningKeysOptions {
  /** Address of the JSON Web Key Set. */
  url: string;
  /** Whose keys they are, for messages: `Grafana`. */
  owner: string;
  clock: Clock;
  outgoing?: Outgoing;
}

const fetchTimeoutMs = 5_000;
/** After a failed fetch nobody waits for another one this long. */
const pauseAfterFailureMs = 5_000;
/** A key that is not in the set causes one fetch in this time, however many tokens name it. */
const cooldownMs = 30_000;
const cacheMs = 10 * 60_000;
const maxBytes = 256 * 1024;

/**
 * Public keys of a token issuer, fetched when first needed and kept for ten minutes. An unknown key fetches again, at most
 * every 30 s. Throws UPSTREAM_FAILED where the issuer cannot be asked; jose's own errors where it has no such key.
 */
export function createSigningKeys({ url, owner, clock, outgoing }: SigningKeysOptions): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: cacheMs,
    ...(outgoing ? { [customFetch]: (address: string) => fetchThrough(outgoing, address) } : {}),
  });
  let failure: { at: number; error: AppError } | undefined;
  return async (header, token) => {
    const now = clock.now().getTime();
    if (failure && !keys.fresh && Math.abs(now - failure.at) < pauseAfterFailureMs) throw failure.error;
    try {
      return await keys(header, token);
    } catch (error) {
      if (!isFetchFailure(error)) throw error;
      failure = { at: now, error: unreachable(error, url, owner) };
      throw failure.error;
    }
  };
}

async function fetchThrough(outgoing: Outgoing, url: string): Promise<Response> {
  const { status, body } = await outgoing.request(url, {
    headers: { accept: 'application/json' },
    timeoutMs: fetchTimeoutMs,
    attempts: 2,
    maxBytes,
  });
  return new Response(new Uint8Array(body), { status });
}

function isFetchFailure(error: unknown): boolean {
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return false;
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  // The generic class is what a bad status or a body that is no JSON becomes.
  if (error instanceof errors.JOSEError) return error.code === 'ERR_JOSE_GENERIC';
  return true;
}

function unreachable(error: unknown, url: string, owner: string): AppError {
  const reason = isAppError(error) || error instanceof errors.JOSEError ? error.message : 'no connection';
  return new AppError('UPSTREAM_FAILED', `${owner} did not give its signing keys at ${url}: ${reason}.`, {
    cause: error,
    help: `Check that the service reaches ${owner} there, then repeat the request; identity tokens cannot be verified without its keys.`,
  });
}
