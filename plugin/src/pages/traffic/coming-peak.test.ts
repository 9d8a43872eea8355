import { peakSentence } from './TrafficAnswer';
import { comingPeak } from './coming-peak';
import type { Readiness } from './readiness';

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

  test('is said with whether the pods that are ready can serve it', () => {
    const workload = { workload: 'shop/frontend', requestsPerMinute: 4600, replicas: 6 };
    const peak = comingPeak(ahead)!;
    const said = (ready: Readiness) => peakSentence(workload, peak, ready);
    expect(said({ kind: 'ready', capacity: 6000, replicas: 6 })).toMatch(/\. Ready: the 6 pods can serve 6,000\.$/);
    expect(said({ kind: 'tight', capacity: 4700, replicas: 1, upper: 5005 })).toMatch(
      /Just enough: the one pod can serve 4,700, not 5,005\.$/,
    );
    const short = { at: '2026-11-21T20:09:00Z', orderBy: '2026-11-21T20:08:00Z', needed: 8 };
    expect(said({ kind: 'short', capacity: 3900, replicas: 6, ...short })).toMatch(
      /Not ready: the 6 pods can serve 3,900, too little from \d\d:\d\d on\. 8 are needed, ordered by \d\d:\d\d\.$/,
    );
  });
});
