import { describe, expect, test } from '@jest/globals';
import { ChampionContest } from './champion-contest.ts';

const ids = ['persistence', 'seasonal-naive', 'autoregressive'] as const;

function contest(
  minutes: number,
  errors: (minute: number) => (number | undefined)[],
  champion = 'persistence',
): ChampionContest {
  const arena = new ChampionContest(ids, champion);
  for (let minute = 0; minute < minutes; minute += 1) arena.add(errors(minute));
  return arena;
}

/** Between 0 and 1, without a pattern that half an hour averages out unevenly. */
const jitter = (i: number): number => ((i * 7919) % 101) / 101;

describe('who speaks for a workload', () => {
  test('stays who it was while three hours have not been seen', () => {
    expect(contest(150, () => [10, 1, 1]).champion).toBe('persistence');
  });

  test('becomes the one that was clearly better, with its evidence', () => {
    const arena = contest(300, (m) => [10 + jitter(m), 30, 6 + jitter(m + 3)]);
    expect(arena.champion).toBe('autoregressive');
    expect(arena.evidence).toMatchObject({ former: 'persistence', minutes: 180 });
    expect(arena.evidence!.mae).toBeLessThan(0.95 * arena.evidence!.formerMae!);
  });

  test('stays who it was where the other is better by less than five per cent', () => {
    expect(contest(720, (m) => [10 + jitter(m), 30, 9.7 + jitter(m)]).champion).toBe('persistence');
  });

  test('stays who it was where the other was lucky once', () => {
    const onceBad = (m: number): number => (m >= 300 && m < 330 ? 200 : 10);
    expect(contest(720, (m) => [onceBad(m), 30, 10 + jitter(m)]).champion).toBe('persistence');
  });

  test('hands over to the best of the others when it has fallen silent', () => {
    const arena = contest(600, (m) => [m < 300 ? 4 + jitter(m) : undefined, 30, 12 + jitter(m)]);
    expect(arena.champion).toBe('autoregressive');
    expect(arena.evidence).toMatchObject({ former: 'persistence', formerMae: null });
  });

  test('is not taken over by one that is worse one minute ahead', () => {
    const arena = new ChampionContest(ids, 'persistence');
    for (let minute = 0; minute < 600; minute += 1) arena.add([10 + jitter(minute), 30, 6], [1, 3, 1.1]);
    expect(arena.champion).toBe('persistence');
    for (let minute = 0; minute < 800; minute += 1) arena.add([10 + jitter(minute), 30, 6], [1, 3, 0.9]);
    expect(arena.champion).toBe('autoregressive');
  });

  test('is not taken over by one that has not forecast', () => {
    expect(contest(720, () => [10, undefined, 20]).champion).toBe('persistence');
  });

  test('changes back when what comes changes', () => {
    const arena = contest(2000, (m) => (m < 600 ? [10 + jitter(m), 30, 5] : [4, 30, 12 + jitter(m)]));
    expect(arena.champion).toBe('persistence');
    expect(arena.evidence!.former).toBe('autoregressive');
  });
});
