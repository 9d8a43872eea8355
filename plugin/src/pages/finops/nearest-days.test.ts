import { nearestDays } from './nearest-days';

test('what changed is asked for as many whole days as the range has', () => {
  expect(nearestDays({ from: '2026-10-22T20:35:00.000Z', to: '2026-11-21T20:35:00.000Z' })).toEqual({
    from: '2026-10-23T00:00:00.000Z',
    to: '2026-11-22T00:00:00.000Z',
  });
  // A month of Seoul is the month of UTC that it shares most with.
  expect(nearestDays({ from: '2026-09-30T15:00:00.000Z', to: '2026-10-31T15:00:00.000Z' })).toEqual({
    from: '2026-10-01T00:00:00.000Z',
    to: '2026-11-01T00:00:00.000Z',
  });
});

test('a range of hours is asked for as it is', () => {
  expect(nearestDays({ from: '2026-11-21T14:00:00.000Z', to: '2026-11-21T20:00:00.000Z' })).toEqual({});
});
