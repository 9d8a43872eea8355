import { contest } from './forecaster-words';

const score = (forecaster: string, horizon: number, mae: number | null) => ({
  ...{ forecaster, horizon, mae, n: 5, rmse: mae, mape: null, coverage: 0.8 },
});

describe('the contest of the forecasters', () => {
  test('puts the best ten minutes ahead first, each against "it stays as it is"', () => {
    const seen = contest({
      champion: 'lstm',
      forecasters: [
        score('persistence', 10, 40),
        score('lstm', 1, 8),
        score('lstm', 10, 20),
        score('ensemble', 10, 30),
      ],
    });
    expect(
      seen.map(({ forecaster, isChampion, againstPersistence }) => [forecaster, isChampion, againstPersistence]),
    ).toEqual([
      ['lstm', true, 0.5],
      ['ensemble', false, 0.75],
      ['persistence', false, 1],
    ]);
    expect(seen[0]!.near?.mae).toBe(8);
  });

  test('stands before anything was scored ten minutes ahead', () => {
    expect(contest({ champion: 'ensemble', forecasters: [score('ensemble', 1, 4)] })).toMatchObject([
      { forecaster: 'ensemble', againstPersistence: undefined },
    ]);
  });
});
