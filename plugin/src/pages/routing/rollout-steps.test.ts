import { stepsOf } from './rollout-steps';

describe('how a version comes to serve', () => {
  test('all at once, a part until more is said, or a part and then all', () => {
    expect(stepsOf('all', '', '')).toEqual([{ share: 1, afterMinutes: 0 }]);
    expect(stepsOf('hold', '10', '')).toEqual([{ share: 0.1, afterMinutes: 0 }]);
    expect(stepsOf('part', '10', '60')).toEqual([
      { share: 0.1, afterMinutes: 0 },
      { share: 1, afterMinutes: 60 },
    ]);
  });

  test('is not proposed with numbers that make no sense', () => {
    for (const percent of ['', '0', '100', '-5', 'ten']) expect(stepsOf('hold', percent, '')).toBeUndefined();
    for (const minutes of ['', '0', '1.5']) expect(stepsOf('part', '10', minutes)).toBeUndefined();
  });
});
