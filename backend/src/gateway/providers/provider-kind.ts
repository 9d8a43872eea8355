import type { Dialect, StreamTranslation, Translation } from '../dialects/dialect.ts';
import { objectOf, type Json } from '../dialects/json.ts';
import { messagesToChat, messagesToMarkedChat } from '../dialects/messages-to-chat.ts';
import { responsesToChat } from '../dialects/responses-to-chat.ts';
import type { EventReader } from '../wire/server-sent-events.ts';

/** How the API of a provider is called. */
export interface ProviderKind {
  /** Base address where the configuration names none. `region`: that of the provider's own settings, as AWS names it. */
  url?: string | ((region: string) => string);
  /** Path under the base address, for each dialect that it speaks itself. */
  paths: Partial<Record<Dialect, (model: string, stream: boolean) => string>>;
  headers(key: string | undefined): Record<string, string>;
  /** Name of the provider as OpenTelemetry's `gen_ai.provider.name` has it. */
  semanticName: string;
  /** How chat completions are said in its own words; absent where it speaks them. */
  fromChat?: {
    dialect: Dialect;
    translation(now: () => number): Translation;
    /** It reads wishes for the provider's cache (`cache_control`) in the parts of the chat. */
    keepsCacheMarks?: boolean;
  };
  /** How OpenAI's embeddings are said in its own words; absent where it speaks them, or has none. */
  fromEmbeddings?: { dialect: Dialect; translation: Translation };
  /** How the tokens of Anthropic's messages are counted in its own words; absent where it cannot count, or speaks them. */
  fromCount?: {
    path(model: string): string;
    translation(now: () => number): Pick<Translation, 'request' | 'response'>;
  };
  /** Tokens of the prompt, where it tells them in the headers of its answer alone. */
  countedIn?(headers: Readonly<Record<string, string | string[] | undefined>>): number | undefined;
  /** What it wants otherwise in a translated request. */
  adjust?(body: Json, dialect: Dialect): Json;
  /** Reads its streams where they are not server-sent events. */
  reader?(): EventReader;
  /** Each request carries a signature of its own instead of a key. */
  isSigned?: boolean;
}

/** How a caller's dialect reaches a provider: as it is where `translation` is absent. */
export interface Road {
  dialect: Dialect;
  translation?: Translation;
}

/** @returns the shortest road from the dialect to what the provider speaks; undefined where there is none. */
export function roadTo(kind: ProviderKind, dialect: Dialect, now: () => number): Road | undefined {
  if (kind.paths[dialect]) return { dialect };
  if (dialect === 'embeddings') return kind.fromEmbeddings;
  if (dialect === 'count') return undefined;
  const toChat = dialect === 'chat' ? undefined : dialect === 'messages' ? messagesToChat : responsesToChat(now);
  if (kind.paths.chat && toChat) return { dialect: 'chat', translation: toChat };
  if (!kind.fromChat) return undefined;
  const fromChat = { dialect: kind.fromChat.dialect, translation: kind.fromChat.translation(now) };
  if (!toChat) return fromChat;
  const first = kind.fromChat.keepsCacheMarks && dialect === 'messages' ? messagesToMarkedChat : toChat;
  return { ...fromChat, translation: joined(first, fromChat.translation) };
}

/** Two translations after each other: there by the first and then the second, back the other way round. */
function joined(first: Translation, second: Translation): Translation {
  return {
    request: (body) => {
      const one = first.request(body);
      const two = second.request(one.body);
      return { body: two.body, dropped: [...one.dropped, ...two.dropped] };
    },
    response: (body, request) => first.response(second.response(body, request), request),
    stream: (request) => {
      const chat = { ...request, stream_options: { include_usage: true } };
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
