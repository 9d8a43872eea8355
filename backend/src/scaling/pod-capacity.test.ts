import { describe, expect, test } from '@jest/globals';
import { PodCapacityFit, type PodMinute } from './pod-capacity.ts';
import { StartUpTime } from './start-up-time.ts';

/** A pod that serves `capacity` requests a minute with one core, and waits as a queue with several servers does. */
function minuteOf(load: number, capacity: number, pods = 5): PodMinute {
  const share = load / capacity;
  return {
    requests: load * pods,
    readyPods: pods,
    cpuCores: pods * (0.02 + 0.98 * share),
    latencySeconds: 0.1 * (1 + (0.5 * share ** 5) / (1 - Math.min(share, 0.99))),
  };
}

const question = { coresPerPod: 1, latencyLimitSeconds: 0.25 };

function learned(minutes: number, of: (index: number) => PodMinute): PodCapacityFit {
  const fit = new PodCapacityFit();
  for (let index = 0; index < minutes; index += 1) fit.observe(of(index), question);
  return fit;
}

const cycle = (index: number, low: number, high: number): number =>
  low + (high - low) * (0.5 + 0.5 * Math.sin(index / 30)) * (1 + 0.02 * Math.sin(index * 7));

describe('what one pod can serve', () => {
  test('is learned from CPU and latency within a tenth', () => {
    const fit = learned(600, (index) => minuteOf(cycle(index, 1_500, 5_200), 6_000));
    const { perPod, low, high } = fit.capacity(question);
    expect(perPod! / 6_000).toBeGreaterThan(0.9);
    expect(perPod! / 6_000).toBeLessThan(1.1);
    expect(low!).toBeLessThanOrEqual(perPod!);
    expect(high!).toBeGreaterThanOrEqual(perPod!);
  });

  test('is told by latency alone where it bends before the CPU is used up', () => {
    const fit = learned(600, (index) => ({ ...minuteOf(cycle(index, 1_500, 5_600), 6_000), cpuCores: null }));
    const { perPod, source } = fit.capacity({ ...question, coresPerPod: null });
    expect(source).toBe('latency');
    expect(perPod! / 6_000).toBeGreaterThan(0.85);
    expect(perPod! / 6_000).toBeLessThan(1.25);
  });

  test('is not believed to be larger than its latency lets it be', () => {
    const fit = learned(600, (index) => {
      const { cpuCores, ...minute } = minuteOf(cycle(index, 1_500, 5_700), 6_000);
      // The CPU would serve three times as much: something else is the bottleneck.
      return { ...minute, cpuCores: cpuCores! / 3 };
    });
    const { withinLatency, perPod } = fit.capacity(question);
    expect(Math.min(withinLatency ?? perPod!, perPod!)).toBeLessThan(7_500);
  });

  test('follows the CPU request while little is known', () => {
    const fit = learned(3, () => ({ requests: 6_000, readyPods: 2, cpuCores: 1, latencySeconds: null }));
    expect(fit.capacity(question)).toMatchObject({ perPod: 6_000, source: 'cpu-request' });
  });

  test('is what went well where nothing else is measured, and unknown before that', () => {
    const bare = { coresPerPod: null, latencyLimitSeconds: 0.25 };
    const fit = learned(3, (index) => ({
      requests: 1_000 * (index + 1),
      readyPods: 1,
      cpuCores: null,
      latencySeconds: index === 2 ? 9 : 0.1,
    }));
    const { perPod, source } = fit.capacity(bare);
    expect(source).toBe('proven');
    expect(perPod!).toBeCloseTo(2_000, -1);
    expect(new PodCapacityFit().capacity(bare)).toMatchObject({ perPod: undefined, source: 'unknown' });
  });

  test('is not learned from minutes in which the pods were full', () => {
    const quiet = (index: number) => minuteOf(cycle(index, 1_500, 4_500), 6_000);
    const before = learned(300, quiet).capacity(question).perPod!;
    const fit = learned(300, quiet);
    for (let index = 0; index < 30; index += 1)
      fit.observe({ requests: 90_000, readyPods: 10, cpuCores: 10, latencySeconds: 10 }, question);
    expect(fit.capacity(question).perPod! / before).toBeCloseTo(1, 1);
  });

  test('is what people state, whatever was learned', () => {
    const fit = learned(60, (index) => minuteOf(cycle(index, 1_500, 5_000), 6_000));
    expect(fit.capacity({ ...question, statedPerPod: 1_234 })).toMatchObject({ perPod: 1_234, source: 'stated' });
  });

  test('goes on from its kept state as if nothing had happened', () => {
    const of = (index: number) => minuteOf(cycle(index, 1_500, 5_000), 6_000);
    const whole = learned(200, of);
    const half = learned(100, of);
    const resumed = new PodCapacityFit(JSON.parse(JSON.stringify(half.state)) as typeof half.state);
    for (let index = 100; index < 200; index += 1) resumed.observe(of(index), question);
    expect(resumed.capacity(question)).toEqual(whole.capacity(question));
  });
});

describe('the start of a pod', () => {
  test('takes a minute until some were seen, and then what most took', () => {
    const starts = new StartUpTime();
    expect(starts.quantile(0.9)).toBe(60);
    for (let seconds = 1; seconds <= 20; seconds += 1) starts.observe(seconds);
    expect(starts.quantile(0.9)).toBe(18);
  });

  test('is not learned from pods that waited for half an hour', () => {
    const starts = new StartUpTime([20, 20, 20, 20, 20]);
    starts.observe(4_000);
    expect(starts.quantile(1)).toBe(20);
  });
});
