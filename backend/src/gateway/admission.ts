import type { RoutedRequest } from '../routing/index.ts';
import { routedRequest, type CallHeaders } from './call-facts.ts';
import type { Dialect } from './dialects/dialect.ts';
import { objectOf, textOf, type Json } from './dialects/json.ts';
import { GatewayError } from './gateway-error.ts';
import { isSecret, mayAskFor, secretOf, type VirtualKey } from './virtual-key.ts';

/** A call that may go on: who sends it, what it asks, in the caller's own words. */
export interface AdmittedCall {
  id: string;
  key: VirtualKey;
  dialect: Dialect;
  /** The body as it was sent, and as it reads. */
  text: string;
  body: Json;
  request: RoutedRequest;
  stream: boolean;
  headers: CallHeaders;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** What layers have to say of the call; stands among the tags of its usage. */
  labels?: Readonly<Record<string, string>>;
  /** Where personal data was found in the call as it goes out: the same call with it masked, for everything but its answer. */
  masked?: AdmittedCall;
}

/** What is never answered as a stream. */
const wholeOnly: ReadonlySet<Dialect> = new Set(['embeddings', 'count']);

/** @throws GatewayError 401 where the call carries no key that counts */
export function keyOf(headers: CallHeaders, find: (secret: string) => VirtualKey | undefined): VirtualKey {
  const secret = secretOf(headers);
  const key = secret !== undefined && isSecret(secret) ? find(secret) : undefined;
  if (!key) throw new GatewayError(401, 'invalid_api_key', whyNoKey(secret));
  return key;
}

function whyNoKey(secret: string | undefined): string {
  if (secret === undefined) return 'Send a key of this gateway: as `Authorization: Bearer amk_...`, or as `x-api-key`.';
  if (!isSecret(secret))
    return 'What was sent is no key of this gateway: those are `amk_` and 43 characters. Ask whoever runs the gateway for one.';
  return 'This key is not known, was revoked, or is over. Ask whoever runs the gateway for a new one.';
}

/** @throws GatewayError 400 where the body cannot be read, 403 where the key may not ask for the model */
export function admitted(
  call: Pick<AdmittedCall, 'id' | 'key' | 'dialect' | 'headers' | 'receivedAt'>,
  bytes: Buffer,
): AdmittedCall {
  const text = bytes.toString('utf8');
  const body = readBody(text);
  const model = textOf(body['model']);
  if (model === '' || model.length > 200)
    throw new GatewayError(400, 'missing_model', 'The body must name a `model` of 1 to 200 characters.');
  if (!mayAskFor(call.key, model))
    throw new GatewayError(403, 'model_not_allowed', `This key may not ask for model ${JSON.stringify(model)}.`);
  const request = routedRequest(call.key, body, bytes.length, call.headers);
  return { ...call, text, body, request, stream: body['stream'] === true && !wholeOnly.has(call.dialect) };
}

function readBody(text: string): Json {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new GatewayError(400, 'invalid_json', 'The body must be JSON.');
  }
  const body = objectOf(read);
  if (body !== read) throw new GatewayError(400, 'invalid_json', 'The body must be a JSON object.');
  return body;
}
