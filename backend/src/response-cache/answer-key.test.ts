import { describe, expect, test } from '@jest/globals';
import type { AdmittedCall } from '../gateway/index.ts';
import type { Policy } from '../routing/index.ts';
import { answerKey } from './answer-key.ts';

const policy = { name: 'p', version: '1', cache: { shared: 'tenant' } } as unknown as Policy;
const keyOf = (members: readonly (readonly [string, unknown])[], call: object = {}): string | undefined => {
  const text = `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const admitted = {
    ...{ key: { id: 'k', tenant: 't', region: 'r' }, dialect: 'chat', headers: {}, request: {} },
    ...{ text, body: JSON.parse(text) as object, ...call },
  };
  return answerKey(admitted as unknown as AdmittedCall, policy, policy.cache!);
};
const some = (count: number): [string, unknown][] => Array.from({ length: count }, (_, n) => [`member ${n * 7}`, n]);

describe('the key of an answer', () => {
  test.each([3, 200])('is the same for %d members in any order', (count) => {
    const members = some(count);
    const turned = [...members.slice(count / 2), ...members.slice(0, count / 2)];
    expect(keyOf(members.toReversed())).toBe(keyOf(members));
    expect(keyOf(turned)).toBe(keyOf(members));
    expect(keyOf(members.with(1, ['member 7', 'other']))).not.toBe(keyOf(members));
  });

  test('leaves aside what changes nothing of the answer, and nothing else', () => {
    const members = some(4);
    expect(keyOf([...members, ['stream', true], ['user', 'ada']])).toBe(keyOf(members));
    expect(keyOf([...members, ['seed', 1]])).not.toBe(keyOf(members));
    expect(keyOf(members, { key: { id: 'k', tenant: 'u', region: 'r' } })).not.toBe(keyOf(members));
    expect(keyOf([...members, ['conversation', 'c_1']])).toBeUndefined();
  });
});
