import { expect, test } from '@jest/globals';
import { Spread } from './spread.ts';

async function inPieces(spread: Spread, pieces: number, workMs = 0): Promise<number[]> {
  const began = performance.now();
  const times: number[] = [];
  for (let piece = 1; piece <= pieces; piece++) {
    for (const until = performance.now() + workMs; performance.now() < until;);
    await spread.rest(piece / pieces);
    times.push(performance.now() - began);
  }
  return times;
}

test('the pieces are spread evenly over the time', async () => {
  const times = await inPieces(new Spread(200), 20);
  for (const [index, at] of times.entries()) expect(at).toBeGreaterThanOrEqual(10 * (index + 1) - 2);
});

test('work that is late rests no longer, and lets others have their turn', async () => {
  let turns = 0;
  const others = setInterval(() => (turns += 1), 1);
  const late = new Spread(20);
  await inPieces(late, 20, 5);
  clearInterval(others);
  expect(turns).toBeGreaterThan(10);
  // Nothing is left to wait for: a rest ends before the next timer does.
  const order: string[] = [];
  const timer = new Promise<void>((resolve) => setTimeout(() => resolve(void order.push('timer')), 5));
  await late.rest(1);
  order.push('rested');
  await timer;
  expect(order).toEqual(['rested', 'timer']);
});
