import { chatToGemini } from '../dialects/chat-to-gemini.ts';
import { chatToMessages } from '../dialects/chat-to-messages.ts';
import type { Dialect, StreamTranslation, Translation } from '../dialects/dialect.ts';
import { compact, objectOf, type Json } from '../dialects/json.ts';
import { messagesToChat } from '../dialects/messages-to-chat.ts';
import { responsesToChat } from '../dialects/responses-to-chat.ts';

export type ProviderKindName = 'openai' | 'anthropic' | 'gemini' | 'azure-openai' | 'compatible';

/** How the API of a provider is called. */
export interface ProviderKind {
  /** Base address where the configuration names none. */
  url?: string;
  /** Path under the base address, for each dialect that it speaks itself. */
  paths: Partial<Record<Dialect, (model: string, stream: boolean) => string>>;
  headers(key: string | undefined): Record<string, string>;
  /** Name of the provider as OpenTelemetry's `gen_ai.provider.name` has it. */
  semanticName: string;
  /** What it wants otherwise in a translated request. */
  adjust?(body: Json, dialect: Dialect): Json;
}

const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

/** OpenAI's own models refuse `max_tokens` where they reason; the newer name serves all of them. */
function newerNames(body: Json, dialect: Dialect): Json {
  if (dialect !== 'chat' || body['max_tokens'] === undefined) return body;
  const { max_tokens: maxTokens, ...rest } = body;
  return compact({ ...rest, max_completion_tokens: rest['max_completion_tokens'] ?? maxTokens });
}

export const providerKinds: Readonly<Record<ProviderKindName, ProviderKind>> = {
  openai: {
    url: 'https://api.openai.com',
    paths: {
      chat: () => '/v1/chat/completions',
      responses: () => '/v1/responses',
      embeddings: () => '/v1/embeddings',
    },
    headers: bearer,
    semanticName: 'openai',
    adjust: newerNames,
  },
  compatible: {
    paths: { chat: () => '/v1/chat/completions', embeddings: () => '/v1/embeddings' },
    headers: bearer,
    semanticName: 'compatible',
  },
  'azure-openai': {
    paths: {
      chat: () => '/openai/v1/chat/completions',
      responses: () => '/openai/v1/responses',
      embeddings: () => '/openai/v1/embeddings',
    },
    headers: (key) => (key === undefined ? {} : { 'api-key': key }),
    semanticName: 'azure.ai.openai',
    adjust: newerNames,
  },
  anthropic: {
    url: 'https://api.anthropic.com',
    paths: { messages: () => '/v1/messages' },
    headers: (key) => ({ 'anthropic-version': '2023-06-01', ...(key === undefined ? {} : { 'x-api-key': key }) }),
    semanticName: 'anthropic',
  },
  gemini: {
    url: 'https://generativelanguage.googleapis.com',
    paths: {
      gemini: (model, stream) =>
        `/v1beta/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    },
    headers: (key) => (key === undefined ? {} : { 'x-goog-api-key': key }),
    semanticName: 'gcp.gemini',
  },
};

/** How a caller's dialect reaches a provider: as it is where `translation` is absent. */
export interface Road {
  dialect: Dialect;
  translation?: Translation;
}

/** @returns the shortest road from the dialect to what the provider speaks; undefined where there is none. */
export function roadTo(kind: ProviderKind, dialect: Dialect, now: () => number): Road | undefined {
  if (kind.paths[dialect]) return { dialect };
  if (dialect === 'embeddings') return undefined;
  const toChat = dialect === 'chat' ? undefined : dialect === 'messages' ? messagesToChat : responsesToChat(now);
  if (kind.paths.chat && toChat) return { dialect: 'chat', translation: toChat };
  const fromChat = kind.paths.messages
    ? { dialect: 'messages' as const, translation: chatToMessages(now) }
    : kind.paths.gemini
      ? { dialect: 'gemini' as const, translation: chatToGemini(now) }
      : undefined;
  if (!fromChat) return undefined;
  return toChat ? { ...fromChat, translation: joined(toChat, fromChat.translation) } : fromChat;
}

/** Two translations after each other: there by the first and then the second, back the other way round. */
function joined(first: Translation, second: Translation): Translation {
  return {
    request: (body) => {
      const one = first.request(body);
      const two = second.request(one.body);
      return { body: two.body, dropped: [...one.dropped, ...two.dropped] };
    },
    response: (body) => first.response(second.response(body)),
    stream: (request) => {
      const chat = { stream_options: { include_usage: true } };
      return joinedStream(second.stream(chat), first.stream(objectOf(request)));
    },
  };
}

function joinedStream(inner: StreamTranslation, outer: StreamTranslation): StreamTranslation {
  return {
    push: (event) => inner.push(event).flatMap((one) => outer.push(one)),
    end: () => [...inner.end().flatMap((one) => outer.push(one)), ...outer.end()],
  };
}
