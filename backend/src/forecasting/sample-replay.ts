import { setImmediate as pause } from 'node:timers/promises';
import type { Scope } from '../platform/identity/index.ts';
import type { WorkloadsRoom } from '../workloads/index.ts';
import type { Step } from './baselines.ts';
import { concludeEach, type Network, type TunedWeights } from './conclude-steps.ts';
import type { ExpectedEffect } from './event-strength.ts';
import type { WorkloadKey } from './forecast-repository.ts';
import type { Sample } from './lstm/index.ts';
import type { WorkloadForecasts } from './workload-forecasts.ts';

/** Samples that are read at once. */
const readMinutes = 10_080;
const minutesBetweenPauses = 60;
/** Steps about which the network is asked at once. */
const stepsAtOnce = 512;

export type SampleSource = Pick<WorkloadsRoom, 'samples' | 'stepMs'>;

/** The kept samples of one workload in [from, to), in order, with the minutes numbered. Others get their turn in between. */
export async function* keptSamples(
  source: SampleSource,
  key: WorkloadKey,
  { from, to }: { from: Date; to: Date },
  signal?: AbortSignal,
): AsyncGenerator<Sample> {
  const scope: Scope = { tenant: key.tenant, regions: 'all', teams: 'all', products: 'all' };
  const chunk = readMinutes * source.stepMs;
  let taken = 0;
  for (let start = from.getTime(); start < to.getTime(); start += chunk) {
    const range = { from: new Date(start), to: new Date(Math.min(start + chunk, to.getTime())) };
    for (const row of await source.samples(key, range, scope, signal)) {
      yield {
        minute: (row.minute * 1000) / source.stepMs,
        requests: row.requests,
        cpuCores: row.cpuCores,
        memoryBytes: row.memoryBytes,
      };
      taken += 1;
      if (taken % minutesBetweenPauses === 0) await pause();
    }
    signal?.throwIfAborted();
  }
}

/**
 * Lets `forecasts` live through samples as if they came one by one, and gives each minute when it has been concluded: what
 * is believed then stands in `forecasts` until the next one is asked for.
 */
export async function* liveThrough(
  samples: AsyncIterable<Sample>,
  using: {
    forecasts: WorkloadForecasts;
    tuned?: TunedWeights | undefined;
    network?: Network | undefined;
    expected?: ExpectedEffect | undefined;
  },
): AsyncGenerator<Step> {
  const { forecasts, tuned, network, expected } = using;
  let steps: Step[] = [];
  for await (const sample of samples) {
    steps.push(...forecasts.prepare(sample, expected));
    if (steps.length < stepsAtOnce) continue;
    yield* concludeEach(network, { forecasts, steps, tuned });
    steps = [];
  }
  yield* concludeEach(network, { forecasts, steps, tuned });
}
