import type { Policy, PolicyRoute } from '../routing/index.ts';
import type { AdmittedCall } from './admission.ts';
import type { CallHeaders } from './call-facts.ts';
import { Untranslatable, type Dialect, type Translation } from './dialects/dialect.ts';
import { objectOf, objectsOf, type Json } from './dialects/json.ts';
import { unsigned } from './dialects/message-of-chat.ts';
import { roadTo, type ProviderKind } from './providers/provider-kind.ts';
import { withMembers } from './wire/json-members.ts';
import { SseReader, type EventReader } from './wire/server-sent-events.ts';

/** A call as one provider is asked it. */
export interface OutboundRequest {
  path: string;
  headers: Record<string, string>;
  body: string;
  /** Sent in place of the body, each for a part of what is asked. */
  parts?: readonly string[];
  /** What the provider answers in. */
  dialect: Dialect;
  /** Reads the answer back into the caller's dialect; absent where both are the same. */
  translation?: Translation;
  /** We asked for a last chunk with the usage, the caller did not: it is not handed on. */
  hidesUsage: boolean;
  /** Wishes that the provider does not know. */
  dropped: string[];
  model: string;
  reader: () => EventReader;
}

/** Headers of the caller that mean something to providers. */
const passedHeaders = ['anthropic-beta', 'openai-beta', 'accept-language', 'user-agent', 'traceparent', 'tracestate'];
const boundOf: Readonly<Record<Dialect, string | undefined>> = {
  chat: 'max_tokens',
  responses: 'max_output_tokens',
  messages: 'max_tokens',
  embeddings: undefined,
  count: undefined,
  gemini: undefined,
  'gemini-embeddings': undefined,
  converse: undefined,
  invoke: undefined,
};

/** Whether answers in the dialect have a length that a policy can bound. */
export function hasBound(dialect: Dialect): boolean {
  return boundOf[dialect] !== undefined;
}

/** The model that is asked for: a route with `*` takes what the caller named, without the provider's name before it. */
export function modelFor(route: PolicyRoute, asked: string): string {
  if (route.model !== '*') return route.model;
  return asked.startsWith(`${route.provider}/`) ? asked.slice(route.provider.length + 1) : asked;
}

/**
 * Writes the call as the provider reads it. Where it speaks the caller's dialect, the body stays as it was sent but for the
 * members that the gateway must set. @throws Untranslatable
 */
export function outboundRequest(
  call: AdmittedCall,
  route: PolicyRoute,
  kind: ProviderKind,
  guards: Policy['guards'],
  now: () => number,
): OutboundRequest {
  const road = roadTo(kind, call.dialect, now);
  if (!road) throw new Untranslatable([`the ${call.dialect} API`], `provider ${route.provider}`);
  const model = modelFor(route, call.request.model);
  const path = kind.paths[road.dialect]!(model, call.stream);
  const headers = passed(call.headers);
  const bound = boundMembers(call, guards?.maxOutputTokens);
  const reader = kind.reader ?? ((): EventReader => new SseReader());
  const parts = { path, headers, dialect: road.dialect, model, reader };
  if (!road.translation) {
    const asksUsage = call.dialect === 'chat' && call.stream && !wantsUsage(call.body);
    const members: Record<string, string> = { model: JSON.stringify(model) };
    const named = usesOwnBound(call.body) ? bound : (kind.adjust?.(bound, road.dialect) ?? bound);
    for (const name in named) members[name] = JSON.stringify(named[name]);
    if (call.dialect === 'messages' && call.text.includes(unsigned))
      members['messages'] = JSON.stringify(withoutUnsigned(call.body));
    if (asksUsage)
      members['stream_options'] = JSON.stringify({ ...objectOf(call.body['stream_options']), include_usage: true });
    return { ...parts, body: withMembers(call.text, members), hidesUsage: asksUsage, dropped: [] };
  }
  const { body, dropped, parts: several } = road.translation.request({ ...call.body, ...bound, model });
  const adjusted = kind.adjust?.(body, road.dialect) ?? body;
  const spared = Object.keys(body).filter((name) => name !== 'max_tokens' && !(name in adjusted));
  return {
    ...{ ...parts, body: JSON.stringify(adjusted), translation: road.translation, hidesUsage: false },
    dropped: spared.length === 0 ? dropped : [...dropped, ...spared],
    ...(several ? { parts: several.map((part) => JSON.stringify(part)) } : {}),
  };
}

/** Whether the caller bounds the answer by the older name, which then is replaced as it stands. */
function usesOwnBound(body: Json): boolean {
  return body['max_tokens'] !== undefined;
}

/** The conversation without what other models thought in it: Anthropic's refuse thoughts that they did not sign. */
function withoutUnsigned(body: Json): Json[] {
  return objectsOf(body['messages']).flatMap((message) => {
    const { content } = message;
    if (!Array.isArray(content)) return [message];
    const kept = objectsOf(content).filter(({ signature }) => signature !== unsigned);
    return kept.length === 0 ? [] : [{ ...message, content: kept }];
  });
}

function wantsUsage(body: Json): boolean {
  return objectOf(body['stream_options'])['include_usage'] === true;
}

/** The bound of the policy, where the caller's own is not lower already. */
function boundMembers(call: AdmittedCall, most: number | undefined): Json {
  if (most === undefined || (call.request.maxOutputTokens ?? Infinity) <= most) return {};
  const usual = boundOf[call.dialect];
  if (usual === undefined) return {};
  return { [call.body['max_completion_tokens'] === undefined ? usual : 'max_completion_tokens']: most };
}

function passed(headers: CallHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of passedHeaders) {
    const value = headers[name];
    if (typeof value === 'string') kept[name] = value;
  }
  return kept;
}
