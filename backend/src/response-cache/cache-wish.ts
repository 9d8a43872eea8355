import { GatewayError, type AdmittedCall } from '../gateway/index.ts';

/** What the caller wants of caches. */
export interface CacheWish {
  /** Whether a kept answer will do. */
  reads: boolean;
  /** Whether the answer may be kept. */
  keeps: boolean;
  /** By which it can be made invalid. */
  tags: string[];
}

const mostTags = 20;

/**
 * Reads `x-amadeus-cache` (`no-store`: neither read nor kept; `no-cache`: asked anew, and kept) and `x-amadeus-cache-tags`; the
 * tags of the call count as `name=value`. @throws GatewayError 400 where a header says something else
 */
export function wishOf({ headers, request }: Pick<AdmittedCall, 'headers' | 'request'>): CacheWish {
  const asked = headers['x-amadeus-cache'];
  if (asked !== undefined && asked !== 'no-store' && asked !== 'no-cache')
    throw new GatewayError(400, 'invalid_header', 'Header x-amadeus-cache must be no-store or no-cache.');
  const listed = String(headers['x-amadeus-cache-tags'] ?? '')
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  if (listed.length > mostTags || listed.some((tag) => !/^[\w.:/=-]{1,100}$/.test(tag)))
    throw new GatewayError(
      400,
      'invalid_header',
      `Header x-amadeus-cache-tags must be at most ${mostTags} words of up to 100 characters: letters, digits and . : / = _ -`,
    );
  const own = Object.entries(request.tags).map(([name, value]) => `${name}=${value}`);
  return { reads: asked === undefined, keeps: asked !== 'no-store', tags: [...new Set([...listed, ...own])] };
}
