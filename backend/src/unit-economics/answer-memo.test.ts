import { expect, test } from '@jest/globals';
import { ManualClock } from '../platform/clock/index.ts';
import { wholeTenant } from '../platform/identity/index.ts';
import type { AnswerFrame } from './answer-frame.ts';
import { AnswerMemo } from './answer-memo.ts';

const everyone = wholeTenant('default');

function frameOf(drops: string[], lacking: string[] = []): AnswerFrame {
  const frame = { drops, lacking: new Set(lacking), exchange: { currency: 'USD', rates: new Map([['EUR', drops]]) } };
  return { frame, covered: { bills: true, usage: true }, freshness: {}, notices: [] } as unknown as AnswerFrame;
}

function memoOf(cacheSeconds: number) {
  const clock = new ManualClock(new Date('2026-11-20T12:00:00Z'));
  const memo = new AnswerMemo(clock, () => cacheSeconds);
  let worked = 0;
  const ask = (frame: AnswerFrame, asked: unknown[] = ['cards'], scope = everyone) =>
    memo.answer(frame, asked, scope, async () => ({ worked: ++worked }));
  return { clock, ask };
}

test('the same question of the same data is worked out once, until its answer is too old', async () => {
  const { clock, ask } = memoOf(30);
  expect(await ask(frameOf(['a']))).toEqual({ worked: 1 });
  await clock.advance(10_000);
  expect(await ask(frameOf(['a']))).toEqual({ worked: 1, cachedAgeSeconds: 10 });
  await clock.advance(21_000);
  expect(await ask(frameOf(['a']))).toEqual({ worked: 2 });
});

test('another bill, rate, question or caller has an answer of its own', async () => {
  const { ask } = memoOf(30);
  const seen = [
    await ask(frameOf(['a'])),
    await ask(frameOf(['b'])),
    await ask(frameOf(['a'], ['x_Team'])),
    await ask(frameOf(['a']), ['cards', 'other']),
    await ask(frameOf(['a']), ['cards'], { ...everyone, teams: ['search'] }),
  ];
  expect(seen.map(({ worked }) => worked)).toEqual([1, 2, 3, 4, 5]);
});

test('nothing is kept where reads are not cached, and no more than fifty answers', async () => {
  const uncached = memoOf(0);
  expect(await uncached.ask(frameOf(['a']))).toEqual({ worked: 1 });
  expect(await uncached.ask(frameOf(['a']))).toEqual({ worked: 2 });
  const { ask } = memoOf(30);
  for (let at = 0; at <= 50; at++) await ask(frameOf([String(at)]));
  expect(await ask(frameOf(['50']))).toMatchObject({ worked: 51 });
  expect(await ask(frameOf(['0']))).toEqual({ worked: 52 });
});
