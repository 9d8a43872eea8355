import { peakSentence } from './TrafficAnswer';
import { comingPeak } from './coming-peak';

describe('the coming peak', () => {
  const ahead = {
    minutes: ['2026-11-21T20:09:00Z', '2026-11-21T20:10:00Z'],
    predicted: [4000, 4610.4],
    lower: [3500, 4100],
    upper: [4500, 5005],
    issuedAt: '2026-11-21T20:00:00Z',
  };

  test('is the largest predicted minute', () => {
    expect(comingPeak(ahead)).toEqual({ at: '2026-11-21T20:10:00Z', predicted: 4610.4, lower: 4100, upper: 5005 });
    expect(comingPeak(null)).toBeUndefined();
  });

  test('is said with its range, against now, and with the pods that are ready', () => {
    const text = peakSentence({ workload: 'shop/frontend', requestsPerMinute: 4120, replicas: 6 }, comingPeak(ahead)!);
    expect(text).toMatch(
      /^Up to 4,610 requests a minute are expected on shop\/frontend at \d\d:\d\d \(4,100 to 5,005\)/,
    );
    expect(text).toMatch(/12\u00a0% more than now; 6 pods are ready\.$/);
  });
});
