import type { RoutedRequest } from '../routing/index.ts';
import { textOf, type Json } from './dialects/json.ts';
import { GatewayError } from './gateway-error.ts';
import type { VirtualKey } from './virtual-key.ts';
import { estimatedTokens } from './wire/usage-meter.ts';

/** Headers of a request as Node reads them, names in lower case. */
export type CallHeaders = Readonly<Record<string, string | string[] | undefined>>;

const longest = 200;
const mostTags = 20;
/** OpenAI gives no more. */
const mostAnswers = 128;

/** Headers by which an application says what a call belongs to; what the key says already cannot be said otherwise. */
const headerOf = {
  feature: 'x-amadeus-feature',
  customer: 'x-amadeus-customer',
  product: 'x-amadeus-product',
  environment: 'x-amadeus-environment',
  session: 'x-amadeus-session',
} as const;
const ownOrSaid = ['product', 'customer', 'feature', 'environment'] as const;

/**
 * @returns what the choice of a route may look at. The key's own team, product, customer, feature and stage stand above the
 * call's headers, so that one team's key cannot spend in another's name.
 * @throws GatewayError 400 where a header is too long or no list of tags
 */
export function routedRequest(key: VirtualKey, body: Json, bytes: number, headers: CallHeaders): RoutedRequest {
  const said = (name: keyof typeof headerOf): string | undefined => {
    const value = headers[headerOf[name]];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value.length > longest || value.trim() === '')
      throw new GatewayError(400, 'invalid_header', `Header ${headerOf[name]} must be 1 to ${longest} characters.`);
    return value.trim();
  };
  const bound = body['max_completion_tokens'] ?? body['max_output_tokens'] ?? body['max_tokens'];
  const request: RoutedRequest = {
    tenant: key.tenant,
    key: key.id,
    region: key.region,
    model: textOf(body['model']),
    tags: tagsOf(headers['x-amadeus-tags']),
    promptTokens: estimatedTokens(bytes),
  };
  const session = said('session');
  if (key.team !== undefined) request.team = key.team;
  if (session !== undefined) request.session = session;
  for (const name of ownOrSaid) {
    const value = key[name] ?? said(name);
    if (value !== undefined) request[name] = value;
  }
  if (typeof bound === 'number' && bound > 0) request.maxOutputTokens = bound;
  return request;
}

/** Answers that a call asks for at once (`n` of chat completions): each may be as long as the bound says. */
export function answersOf(body: Json): number {
  const { n } = body;
  return typeof n === 'number' && n > 1 ? Math.min(Math.floor(n), mostAnswers) : 1;
}

/** `stage=canary, ticket=42` */
function tagsOf(header: string | string[] | undefined): Record<string, string> {
  if (header === undefined) return {};
  const pairs = String(header)
    .split(',')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');
  const tags = pairs.map((pair) => /^([A-Za-z0-9._-]{1,64})=([^=,]{1,200})$/.exec(pair));
  if (pairs.length > mostTags || tags.some((tag) => tag === null))
    throw new GatewayError(
      400,
      'invalid_header',
      `Header x-amadeus-tags must be at most ${mostTags} pairs name=value.`,
    );
  return Object.fromEntries(tags.map((tag) => [tag![1]!, tag![2]!]));
}
