import type { AdmittedCall, CallEnd, Serve } from '../gateway/index.ts';
import { embeddingKeys } from './answer-key.ts';
import type { KeptAnswer } from './answer-memory.ts';
import type { CachedCall, CacheParts } from './cache-parts.ts';
import { HeldSink } from './captured-answer.ts';
import { objectOf, objectsOf, type Json } from './forms/answer-form.ts';
import { recordHit, savedBy } from './hit-record.ts';

interface Input {
  value: unknown;
  key: string;
  kept?: KeptAnswer;
}

const mostInputs = 2_048;

/** Answers the texts whose embeddings are kept, and asks for the others alone. */
export async function serveEmbeddings(one: CachedCall, next: Serve, parts: CacheParts): Promise<CallEnd> {
  const { call, policy, rules, wish, sink } = one;
  const list = inputsOf(call.body['input']);
  if (!list || !rules.exact) return next({ call, policy }, sink);
  const keys = embeddingKeys(call, policy, rules, list);
  const inputs: Input[] = list.map((value, at) => ({ value, key: keys[at]! }));
  if (wish.reads)
    for (const input of inputs) {
      const kept = await parts.book.find(input.key);
      if (kept) input.kept = kept;
    }
  const missing = inputs.filter(({ kept }) => !kept);
  const found = inputs.flatMap(({ kept }) => kept ?? []);
  if (missing.length === 0) {
    sink.head(200, {
      'content-type': 'application/json',
      'x-amadeus-cache': 'embedding',
      'x-amadeus-policy': policy.name,
    });
    sink.end(answerOf(inputs, call, 0));
    parts.onCall(one, 'embedding');
    await recordHit(one, found, 'embedding', parts, { reason: 'kept embeddings of the same texts' });
    return { attempts: [] };
  }
  parts.onCall(one, undefined);
  const rest = found.length === 0 ? call : asking(call, missing, savedBy(call, found, parts));
  const held = new HeldSink(sink.gone);
  const end = await next({ call: rest, policy }, held);
  give(one, { inputs, missing, held, end }, parts);
  return end;
}

interface Asked {
  inputs: Input[];
  missing: Input[];
  held: HeldSink;
  end: CallEnd;
}

function give(one: CachedCall, { inputs, missing, held, end }: Asked, parts: CacheParts): void {
  const { call, sink } = one;
  if (sink.gone.aborted) return;
  const usage = end.attempts.at(-1)?.usage;
  const embeddings = held.status === 200 ? readEmbeddings(held.bytes, missing.length) : undefined;
  if (!embeddings || !usage) {
    sink.head(held.status, held.headers);
    sink.end(held.bytes);
    return;
  }
  const bytes = missing.map(({ value }) => JSON.stringify(value).length);
  const all = bytes.reduce((sum, size) => sum + size, 0);
  missing.forEach((input, at) => {
    // The provider counts them together: each has its share by length.
    const inputTokens = (usage.inputTokens * bytes[at]!) / all;
    input.kept = newAnswer(one, embeddings[at]!, { ...usage, inputTokens });
  });
  const isAll = missing.length === inputs.length;
  sink.head(200, {
    ...held.headers,
    'x-amadeus-cache': isAll ? 'miss' : `embedding; ${inputs.length - missing.length} of ${inputs.length}`,
  });
  sink.end(isAll ? held.bytes : answerOf(inputs, call, usage.inputTokens));
  if (usage.status !== 'ok') return;
  for (const { key, kept, value } of missing) {
    if (!one.rules.personal && parts.isPersonal({ input: value })) continue;
    parts.book.keep({ name: key, kind: 'embedding', answer: kept! });
  }
}

function newAnswer(
  { call, policy, rules, wish, startedAt }: CachedCall,
  body: string,
  usage: { provider: string; model: string; inputTokens: number; tags?: Record<string, string> },
): KeptAnswer {
  return {
    ...{ tenant: call.key.tenant, policy: policy.name, tags: wish.tags, body, createdAt: startedAt },
    expiresAt: startedAt + rules.ttlSeconds * 1000,
    ...{ provider: usage.provider, model: usage.model, route: usage.tags?.['gateway.route'] ?? '' },
    ...{ inputTokens: usage.inputTokens, outputTokens: 0 },
  };
}

/** The call with the texts alone that nobody has. */
function asking(call: AdmittedCall, missing: readonly Input[], saved: Record<string, string>): AdmittedCall {
  const body = { ...call.body, input: missing.map(({ value }) => value) };
  return { ...call, body, text: JSON.stringify(body), labels: { ...call.labels, ...saved } };
}

/** A text, a list of texts, a list of tokens, or a list of such lists. */
function inputsOf(input: unknown): unknown[] | undefined {
  if (typeof input === 'string') return [input];
  if (!Array.isArray(input) || input.length === 0 || input.length > mostInputs) return undefined;
  return typeof input[0] === 'number' ? [input] : (input as unknown[]);
}

/** @returns the JSON text of each embedding in the order of the inputs; undefined where the answer is no list of so many */
function readEmbeddings(bytes: Buffer, count: number): string[] | undefined {
  let data: Json[];
  try {
    data = objectsOf(objectOf(JSON.parse(bytes.toString('utf8')))['data']);
  } catch {
    return undefined;
  }
  const sorted = [...data].sort((one, other) => Number(one['index']) - Number(other['index']));
  if (sorted.length !== count || sorted.some(({ embedding, index }, at) => embedding === undefined || index !== at))
    return undefined;
  return sorted.map(({ embedding }) => JSON.stringify(embedding));
}

function answerOf(inputs: readonly Input[], call: AdmittedCall, tokens: number): string {
  const data = inputs.map(({ kept }, index) => `{"object":"embedding","index":${index},"embedding":${kept!.body}}`);
  const usage = JSON.stringify({ prompt_tokens: tokens, total_tokens: tokens });
  return `{"object":"list","data":[${data.join(',')}],"model":${JSON.stringify(call.body['model'])},"usage":${usage}}`;
}
