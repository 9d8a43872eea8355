import { fitsChart, readiness } from './readiness';

const ahead = {
  issuedAt: '2026-11-21T20:00:00Z',
  minutes: ['2026-11-21T20:05:00Z', '2026-11-21T20:06:00Z'],
  predicted: [2000, 2300],
  lower: [1900, 2050],
  upper: [2200, 2600],
};
const scaling = (perPod: number | null) => ({
  replicas: 6,
  readyReplicas: 6,
  wanted: 6,
  mode: 'auto' as const,
  holdUntil: null,
  startUpSeconds: 90,
  capacity: { perPod, low: null, high: null, usable: perPod === null ? null : perPod * 0.8, source: 'latency' },
});

describe('whether there are enough pods', () => {
  test('is said where the upper end of the band can be served', () => {
    expect(readiness(ahead, scaling(450))).toEqual({ kind: 'ready', capacity: 2700, replicas: 6 });
  });

  test('is doubtful where only what is expected can be', () => {
    expect(readiness(ahead, scaling(400))).toEqual({ kind: 'tight', capacity: 2400, replicas: 6, upper: 2600 });
  });

  test('is denied from the first minute that is too much, in time for pods to start', () => {
    expect(readiness(ahead, scaling(350))).toEqual({
      kind: 'short',
      capacity: 2100,
      replicas: 6,
      at: '2026-11-21T20:06:00Z',
      orderBy: '2026-11-21T20:04:30.000Z',
      needed: 9,
    });
  });

  test('is promised while enough are ordered and start', () => {
    const coming = {
      kind: 'coming',
      ...{ capacity: 2100, replicas: 6, at: '2026-11-21T20:06:00Z', ordered: 8, coming: 2800 },
    };
    expect(readiness(ahead, { ...scaling(350), replicas: 8 })).toEqual(coming);
    expect(readiness(ahead, { ...scaling(350), wanted: 8 })).toEqual(coming);
  });

  test('is not promised where too few are ordered, or nobody has said yes yet', () => {
    expect(readiness(ahead, { ...scaling(350), wanted: 6 })).toMatchObject({ kind: 'short' });
    expect(readiness(ahead, { ...scaling(350), wanted: 9, mode: 'approve' })).toMatchObject({ kind: 'short' });
    const held = { ...scaling(350), wanted: 9, holdUntil: '2026-11-21T21:00:00Z' };
    expect(readiness(ahead, held)).toMatchObject({ kind: 'short' });
  });

  test('is not known without a forecast, or before it is known what a pod can serve', () => {
    expect(readiness(null, scaling(450))).toBeUndefined();
    expect(readiness(ahead, scaling(null))).toBeUndefined();
    expect(readiness(ahead, undefined)).toBeUndefined();
  });
});

test('a capacity far above the load is not drawn over it', () => {
  expect(fitsChart(4000, 2000)).toBe(true);
  expect(fitsChart(40_000, 2000)).toBe(false);
  expect(fitsChart(undefined, 2000)).toBe(false);
});
