import type { LlmRequest } from '../anycost/index.ts';
import {
  eventText,
  GatewayError,
  type AdmittedCall,
  type CallEnd,
  type CallLayer,
  type Serve,
} from '../gateway/index.ts';
import { answerKey, saysWhoAsks, type CacheRules } from './answer-key.ts';
import type { KeptAnswer } from './answer-memory.ts';
import type { CachedCall, CacheKind, CacheParts } from './cache-parts.ts';
import { wishOf } from './cache-wish.ts';
import { CapturingSink } from './captured-answer.ts';
import { serveEmbeddings } from './embedding-calls.ts';
import type { NewAnswer } from './entry-sealing.ts';
import type { AnswerForm, Json } from './forms/answer-form.ts';
import { chatForm } from './forms/chat-form.ts';
import { messagesForm } from './forms/messages-form.ts';
import { responsesForm } from './forms/responses-form.ts';
import { recordHit } from './hit-record.ts';
import type { Similar } from './semantic/kept-question.ts';
import { questionOf, type Question } from './semantic/question.ts';
import { EmbeddingRest, questionEmbedding } from './semantic/question-embedding.ts';

const forms: Readonly<Record<string, AnswerForm>> = {
  chat: chatForm,
  messages: messagesForm,
  responses: responsesForm,
};

/** Answers out of the cache where the policy lets it, and keeps what providers answer. What fails in it fails no call. */
export function cacheLayer(parts: CacheParts): CallLayer {
  const all = { ...parts, rest: new EmbeddingRest() };
  return (next) => (planned, sink) => {
    const { cache: rules } = planned.policy;
    if (!rules) return next(planned, sink);
    const one = { ...planned, rules, sink, wish: wishOf(planned.call), startedAt: parts.now() };
    if (!one.wish.keeps) return next(planned, sink);
    if (planned.call.dialect === 'embeddings') return serveEmbeddings(one, next, parts);
    const form = forms[planned.call.dialect];
    return form ? serveAnswer(one, form, next, all) : next(planned, sink);
  };
}

async function serveAnswer(
  one: CachedCall,
  form: AnswerForm,
  next: Serve,
  parts: CacheParts & { rest: EmbeddingRest },
): Promise<CallEnd> {
  const { call, policy, rules, wish, sink } = one;
  const name = answerKey(call, policy, rules);
  if (name === undefined) return next(one, sink);
  if (wish.reads && rules.exact) {
    const isPersonal = ({ body }: KeptAnswer): boolean => holdsPersonal(call, () => JSON.parse(body) as Json, parts);
    const kept =
      parts.book.recall(name, isPersonal) ??
      (parts.book.knows(name) ? await parts.book.find(name, isPersonal) : undefined);
    if (kept) return giveAnswer(one, { kept, name, kind: 'exact' }, form, parts);
  }
  const question = rules.semantic && questionOf(call, policy, rules);
  const asked = rules.semantic && question && (await askedLike(one, question, rules.semantic, next, parts));
  if (asked?.sure) {
    const { question, similarity } = asked.sure.similar;
    parts.semantic.noteHit(call.id, asked.sure.similar);
    const found = { kept: asked.sure.kept, name: question.entry, kind: 'semantic' as const, similarity };
    return giveAnswer(one, found, form, parts);
  }
  parts.onCall(one, undefined);
  // It could not be compared with others: the call goes on, and says so.
  const isBlind = question !== undefined && asked === undefined;
  const miss = isBlind ? 'miss; no embedding' : 'miss';
  const capturing = new CapturingSink(sink, rules.maxEntryBytes, { 'x-amadeus-cache': miss });
  const labelled = isBlind ? { ...call, labels: { ...call.labels, 'gateway.cache.skipped': 'no embedding' } } : call;
  const end = await next({ call: labelled, policy }, capturing);
  // A slower try that was stopped may stand last.
  const usage = end.attempts.findLast((attempt) => attempt.usage.status === 'ok')?.usage;
  if (!usage) return end;
  const answered = { name, capturing, form, usage, ...(asked ? { asked } : {}) };
  parts.book.keepSoon(name, () => newAnswer(one, answered, parts));
  // The next question may mean the same.
  if (asked) parts.book.settle();
  return end;
}

interface Asked {
  question: Question;
  vector: Float32Array;
  similar: Similar | undefined;
  /** The answer that may be given. */
  sure?: { similar: Similar; kept: KeptAnswer };
  /** What the similar question was answered. */
  kept?: KeptAnswer;
}

/** @returns undefined where there is no vector of the question */
async function askedLike(
  one: CachedCall,
  question: Question,
  semantic: NonNullable<CacheRules['semantic']>,
  next: Serve,
  parts: CacheParts & { rest: EmbeddingRest },
): Promise<Asked | undefined> {
  try {
    const vector = await vectorOf(one, question, semantic, next, parts);
    if (!vector) return undefined;
    const similar = one.wish.reads ? parts.semantic.nearest(question.context, question.text, vector) : undefined;
    const kept = similar && (await parts.book.find(similar.question.entry));
    if (!similar || !kept) return { question, vector, similar: undefined };
    const isSure = parts.semantic.isSure(similar, semantic, parts.random());
    return { question, vector, similar, kept, ...(isSure ? { sure: { similar, kept } } : {}) };
  } catch (error) {
    parts.onFault(error);
    return undefined;
  }
}

/** Questions without a vector are compared by their words. */
const byWords = new Float32Array();

/** @returns undefined while the provider of embeddings rests after a failure. @throws where it gives none */
async function vectorOf(
  one: CachedCall,
  { text }: Question,
  { provider, model }: NonNullable<CacheRules['semantic']>,
  next: Serve,
  parts: CacheParts & { rest: EmbeddingRest },
): Promise<Float32Array | undefined> {
  if (provider === undefined || model === undefined) return byWords;
  const route = `${provider}/${model}`;
  if (!parts.rest.mayAsk(route, parts.now())) return undefined;
  try {
    const vector = await questionEmbedding(one, text, { provider, model }, next);
    parts.rest.succeeded(route);
    return vector;
  } catch (error) {
    // A policy that may not ask it, or has no money for it, says nothing of the provider.
    const isAsked = !(error instanceof GatewayError) || error.tried.length > 0;
    if (isAsked && !one.sink.gone.aborted) parts.rest.failed(route, parts.now());
    throw error;
  }
}

interface Found {
  kept: KeptAnswer;
  name: string;
  kind: CacheKind;
  similarity?: number;
}

async function giveAnswer(one: CachedCall, found: Found, form: AnswerForm, parts: CacheParts): Promise<CallEnd> {
  const { call, policy, sink } = one;
  const { kept, kind } = found;
  const age = Math.max(0, Math.round((parts.now() - kept.createdAt) / 1000));
  const headers = {
    'x-amadeus-cache': kind,
    age: String(age),
    'x-amadeus-policy': policy.name,
    'x-amadeus-route': kept.route,
  };
  if (call.stream) {
    const stream = streamOf(call, found, form, parts);
    sink.head(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    sink.end(stream);
  } else {
    sink.head(200, { ...headers, 'content-type': 'application/json' });
    sink.end(kept.body);
  }
  parts.onCall(one, kind);
  await recordHit(one, [kept], kind, parts, {
    reason: kind === 'exact' ? 'kept answer to the same call' : 'kept answer to a call that means the same',
    ...(found.similarity === undefined ? {} : { similarity: found.similarity }),
  });
  return { attempts: [] };
}

/** The stream is made once; who asks for usage in it is answered apart. */
function streamOf(call: AdmittedCall, { kept, name }: Found, form: AnswerForm, parts: CacheParts): string {
  const isUsual = call.dialect !== 'chat' || call.body['stream_options'] === undefined;
  if (isUsual && kept.stream !== undefined) return kept.stream;
  const stream = form
    .events(JSON.parse(kept.body) as Json, call.body)
    .map(eventText)
    .join('');
  if (isUsual) parts.book.addStream(name, stream);
  return stream;
}

interface Answered {
  name: string;
  capturing: CapturingSink;
  form: AnswerForm;
  usage: LlmRequest;
  asked?: Asked;
}

/** Not on the caller's way: the answer has gone out. @returns undefined where it may not be kept */
function newAnswer(
  one: CachedCall,
  { name, capturing, form, usage, asked }: Answered,
  parts: CacheParts,
): NewAnswer | undefined {
  try {
    const body = capturing.answer(form);
    if (!body) return undefined;
    const { call, policy, rules, wish, startedAt } = one;
    const isPersonal = (): boolean => holdsPersonal(call, () => body, parts);
    // What is found by its meaning is looked through at once: others learn from it.
    if (asked && !rules.personal && isPersonal()) return undefined;
    const told = call.dialect === 'chat' && !body['usage'] ? { ...body, usage: chatUsage(usage) } : body;
    const text = capturing.textOf(told) ?? JSON.stringify(told);
    if (asked?.similar && asked.kept) parts.semantic.learn(asked.similar, saidIn(asked.kept.body), saidIn(text));
    const answer: KeptAnswer = {
      ...{ tenant: call.key.tenant, policy: policy.name, tags: wish.tags, body: text, createdAt: startedAt },
      expiresAt: startedAt + rules.ttlSeconds * 1000,
      ...{ provider: usage.provider, model: usage.model, route: usage.tags?.['gateway.route'] ?? '' },
      ...{ inputTokens: usage.inputTokens, outputTokens: usage.outputTokens },
    };
    if (!asked) {
      // Who asks again may be told of less: Presidio may be away then.
      const isSeenLater = call.masked === undefined && !saysWhoAsks(call);
      const seen = rules.personal ? {} : { isPersonal, isSeenLater };
      return { name, kind: 'answer', answer, ...seen };
    }
    const { context, text: words } = asked.question;
    const question = { context, text: words, vector: asked.vector };
    return { name, kind: 'answer', answer, question };
  } catch (error) {
    parts.onFault(error);
    return undefined;
  }
}

/** Whether there is personal data in the call or in what it was answered; what cannot be looked through counts as such. */
function holdsPersonal(
  call: AdmittedCall,
  answer: () => Json,
  { isPersonal, onFault }: Pick<CacheParts, 'isPersonal' | 'onFault'>,
): boolean {
  try {
    return call.masked !== undefined || isPersonal(call.body) || isPersonal(answer());
  } catch (error) {
    onFault(error);
    return true;
  }
}

function chatUsage({ inputTokens, outputTokens }: { inputTokens: number; outputTokens: number }): Json {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}

/** Everything that a model wrote in an answer, in whatever dialect. */
function saidIn(text: string): string {
  const said: string[] = [];
  JSON.parse(text, (name: string, value: unknown) => {
    if (typeof value === 'string' && ['content', 'text', 'arguments', 'refusal'].includes(name)) said.push(value);
    return value;
  });
  return said.join('\n');
}
