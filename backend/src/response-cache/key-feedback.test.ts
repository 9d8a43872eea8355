import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Caller, Scope } from '../platform/identity/index.ts';
import { KeyFeedback } from './key-feedback.ts';

/** Feedback by the key of an application: of its own calls, as soon as the warehouse knows them. */
const key = { id: 'gk_1', name: 'shop', tenant: 'acme' };
const said = { requestId: '0f8fad5b-d9cb-469f-a165-70867728950e', rating: 'up' };
const slept: number[] = [];
const given: { said: object; caller: Caller }[] = [];
let answers: string[][] = [];
let scopes: (Scope | undefined)[] = [];

const feedback = new KeyFeedback(
  {
    clock: { now: () => new Date(0), sleep: async (ms: number) => void slept.push(ms) },
    warehouse: {
      query: async (_sql: string, { scope, params }: { scope?: Scope; params: { ids: string[] } }) => {
        scopes.push(scope);
        const made = answers.shift() ?? [];
        return { rows: params.ids.flatMap((id) => made.map((one) => ({ id, key: one }))) };
      },
    },
  } as never,
  {
    feedback: async (one, { caller }) => {
      given.push({ said: one, caller });
      return true;
    },
  },
);

beforeEach(() => {
  slept.length = 0;
  given.length = 0;
  scopes = [];
});

const requestIdOf = (n: number): string => `0f8fad5b-d9cb-469f-a165-${String(n).padStart(12, '0')}`;

describe('feedback by the key of an application', () => {
  test('counts as said by the key, in its tenant', async () => {
    answers = [['gk_1']];
    expect(await feedback.take(key, said)).toEqual({ ...said, learned: true });
    expect(given).toEqual([{ said, caller: expect.objectContaining({ id: 'key:gk_1', kind: 'program' }) }]);
    expect(scopes.map((scope) => scope?.tenant)).toEqual(['acme']);
    expect(slept).toEqual([]);
  });

  test('waits a moment for a call that has just ended', async () => {
    answers = [[], [], ['gk_1']];
    await feedback.take(key, said);
    expect(slept).toEqual([500, 1_500]);
    answers = [];
    await expect(feedback.take(key, said)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of many at once is looked for together', async () => {
    answers = [['gk_1'], ['gk_1']];
    const many = Array.from({ length: 300 }, (_, n) => ({ ...said, requestId: requestIdOf(n) }));
    await Promise.all(many.map((one) => feedback.take(key, one)));
    expect(given.map(({ said: one }) => one)).toEqual(many);
    expect(scopes).toHaveLength(2);
  });

  test('of calls of other keys is refused, and so is what is no feedback', async () => {
    answers = [['gk_2']];
    await expect(feedback.take(key, said)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const wrong of [{ ...said, rating: 'good' }, { rating: 'up' }, [], null, { ...said, tenant: 'other' }])
      await expect(feedback.take(key, wrong)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(given).toEqual([]);
  });
});
