import { describe, expect, test } from '@jest/globals';
import type { AdmittedCall } from './admission.ts';
import { usageFacts, usageOf, type Attempt } from './call-usage.ts';
import { estimatedTokens, UsageMeter } from './wire/usage-meter.ts';

const key = { id: 'gk_1', name: 'one', tenant: 't', region: 'r', models: ['*'] };
const attempt: Attempt = {
  ...{ number: 1, provider: 'openai', route: 'openai/m', model: 'm', policy: 'p', version: '3', reason: 'cheapest' },
  startedAt: 0,
};
const call = (id: string, rest: object = {}): AdmittedCall =>
  ({ id, key, dialect: 'chat', request: { model: 'm', tags: {} }, ...rest }) as unknown as AdmittedCall;
const tags = {
  ...{ 'gateway.key': 'gk_1', 'gateway.asked': 'm', 'gateway.policy': 'p', 'gateway.policy_version': '3' },
  ...{ 'gateway.route': 'openai/m', 'gateway.why': 'cheapest' },
};
const told = (): { inputTokens: number; outputTokens: number } => ({ inputTokens: 1, outputTokens: 1 });

describe('tags of a try', () => {
  test('are one object for calls that are alike, with an estimate or without', () => {
    const [one, other] = [usageFacts(call('a'), attempt), usageFacts(call('b'), { ...attempt, startedAt: 1 })];
    expect(one.tags).toEqual(tags);
    expect(other.tags).toBe(one.tags);
    const [first, second] = [usageOf(one, 5, undefined, told), usageOf(other, 5, undefined, told)];
    expect(first.tags).toEqual({ ...tags, 'gateway.estimated': 'true' });
    expect(second.tags).toBe(first.tags);
    expect(one.tags).toEqual(tags);
  });

  test.each([
    ['another reason', {}, { reason: 'fastest' }, { 'gateway.why': 'fastest' }],
    ['another route', {}, { route: 'openai/n' }, { 'gateway.route': 'openai/n' }],
    ['another version', {}, { version: '4' }, { 'gateway.policy_version': '4' }],
    ['another policy', {}, { policy: 'q' }, { 'gateway.policy': 'q' }],
    ['a later try', {}, { number: 2 }, { 'gateway.attempt': '2' }],
    ['tags of its own', { request: { model: 'm', tags: { a: 'b' } } }, {}, { a: 'b' }],
    ['what layers say', { labels: { c: 'd' } }, {}, { c: 'd' }],
    ['another name of the model', { request: { model: 'n', tags: {} } }, {}, { 'gateway.asked': 'n' }],
    ['another key', { key: { ...key, id: 'gk_2' } }, {}, { 'gateway.key': 'gk_2' }],
  ])('are others with %s', (_what, ofCall, ofAttempt, different) => {
    usageFacts(call('a'), attempt);
    expect(usageFacts(call('b', ofCall), { ...attempt, ...ofAttempt }).tags).toEqual({ ...tags, ...different });
    expect(usageFacts(call('c'), attempt).tags).toEqual(tags);
  });
});

test('an answer that was cut is estimated by the measure of prompts: a token for four bytes', () => {
  const meter = new UsageMeter('chat');
  const said = '안녕하세요, 저는 여기 있습니다';
  for (const content of said.split(' '))
    meter.event({ data: JSON.stringify({ choices: [{ index: 0, delta: { content } }] }) });
  const end = { status: 'cancelled' as const, metered: meter.metered, durationMs: 1 };
  const { inputTokens, outputTokens } = usageOf(usageFacts(call('a'), attempt), 5, end, told);
  expect([inputTokens, outputTokens]).toEqual([5, estimatedTokens(Buffer.byteLength(said.replaceAll(' ', '')))]);
});
