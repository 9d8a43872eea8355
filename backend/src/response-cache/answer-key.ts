import { createHash, hash } from 'node:crypto';
import { memberSpans, type AdmittedCall } from '../gateway/index.ts';
import type { Policy } from '../routing/index.ts';

export type CacheRules = NonNullable<Policy['cache']>;

/** Members that change nothing of what the model writes. */
const aside: ReadonlySet<string> = new Set([
  ...['stream', 'stream_options', 'user', 'metadata', 'safety_identifier', 'prompt_cache_key'],
]);
/** Those of them in which an application says who asks. */
const ofCaller = ['user', 'metadata', 'safety_identifier', 'prompt_cache_key'] as const;

/** Whether the call says more of who asks than another one does that has the same key. */
export function saysWhoAsks({ body }: AdmittedCall): boolean {
  return ofCaller.some((name) => isSet(body[name]));
}

/** Headers of the caller that providers are handed and that change what they answer. */
const telling = ['anthropic-beta', 'openai-beta'] as const;
/** Raised when the meaning of keys or entries changes. */
const format = 1;

/**
 * What an answer depends on, as a digest in hexadecimal digits: tenant, policy and version, among whom it is shared, and the body, member by member
 * as it was sent. @param replaced other texts of members
 * @returns undefined where the answer depends on what the provider remembers
 */
export function answerKey(
  call: AdmittedCall,
  policy: Policy,
  rules: CacheRules,
  replaced: Readonly<Record<string, string>> = {},
): string | undefined {
  const { body, text } = call;
  if (isSet(body['conversation']) || body['background'] === true) return undefined;
  let told = scopeOf(call, policy, rules, 'answer');
  const spans = memberSpans(text);
  for (const name of [...spans.keys()].sort()) {
    if (aside.has(name)) continue;
    const { start, end } = spans.get(name)!;
    told += `${name}\0${replaced[name] ?? text.slice(start, end)}\0`;
  }
  return hash('sha256', told, 'hex');
}

/** Digests of what the embedding of each input depends on. */
export function embeddingKeys(
  call: AdmittedCall,
  policy: Policy,
  rules: CacheRules,
  inputs: readonly unknown[],
): string[] {
  const shared = createHash('sha256').update(scopeOf(call, policy, rules, 'embedding'));
  const members = Object.entries(call.body).filter(([name]) => name !== 'input' && !aside.has(name));
  members.sort(([one], [other]) => (one < other ? -1 : 1));
  shared.update(JSON.stringify(members));
  return inputs.map((input) => shared.copy().update(JSON.stringify(input)).digest('hex'));
}

function scopeOf(call: AdmittedCall, policy: Policy, rules: CacheRules, kind: string): string {
  const { key, request, dialect, headers } = call;
  const among = {
    tenant: '',
    team: request.team ?? '',
    customer: request.customer ?? '',
    key: key.id,
  }[rules.shared];
  return JSON.stringify([
    ...[format, kind, key.tenant, key.region, policy.name, policy.version ?? '', rules.shared, among, dialect],
    ...[request.regions ?? null, ...telling.map((name) => headers[name] ?? null)],
  ]);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
