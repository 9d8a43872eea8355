import { describe, expect, test } from '@jest/globals';
import { takeChanges, type KnownSamples } from './late-minutes.ts';
import type { WorkloadSample } from './workload-sample.ts';

const sample = (minute: number, requests: number | null, cpuCores: number | null = 1): WorkloadSample => ({
  workload: 'shop/cart',
  minute,
  requests,
  cpuCores,
  memoryBytes: null,
  replicas: null,
});

describe('minutes that are read again', () => {
  test('are kept only where they are new or changed', () => {
    const known: KnownSamples = new Map();
    expect(takeChanges(known, [sample(1, 10), sample(2, 20)], 0)).toHaveLength(2);
    expect(takeChanges(known, [sample(1, 10), sample(2, 25), sample(3, 30)], 0)).toEqual([
      sample(2, 25),
      sample(3, 30),
    ]);
  });

  test('keep what is missing from the later reading', () => {
    const known: KnownSamples = new Map();
    takeChanges(known, [sample(1, 10, 2)], 0);
    expect(takeChanges(known, [sample(1, 11, null)], 0)).toEqual([sample(1, 11, 2)]);
    expect(takeChanges(known, [sample(1, null, null)], 0)).toEqual([]);
  });

  test('are forgotten when they leave the window', () => {
    const known: KnownSamples = new Map();
    takeChanges(known, [sample(1, 10), sample(2, 20)], 0);
    takeChanges(known, [], 2);
    expect([...known.get('shop/cart')!.keys()]).toEqual([2]);
    takeChanges(known, [], 3);
    expect(known.size).toBe(0);
  });
});
