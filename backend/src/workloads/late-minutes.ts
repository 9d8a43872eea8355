import type { WorkloadSample } from './workload-sample.ts';

/** The last known samples of one source, by workload and minute. */
export type KnownSamples = Map<string, Map<number, WorkloadSample>>;

/**
 * Lays a reading over what is known and returns the samples that are new or changed, for keeping. A measurement that is
 * missing from this reading does not erase the one that was there before: a source that answers in part loses nothing.
 * Minutes before `from` are forgotten, so that `known` stays bounded by the window that is read.
 */
export function takeChanges(known: KnownSamples, reading: readonly WorkloadSample[], from: number): WorkloadSample[] {
  const changed: WorkloadSample[] = [];
  for (const sample of reading) {
    const minutes = known.get(sample.workload) ?? new Map<number, WorkloadSample>();
    known.set(sample.workload, minutes);
    const before = minutes.get(sample.minute);
    const now = before ? merged(before, sample) : sample;
    if (before && sameMeasurements(before, now)) continue;
    minutes.set(sample.minute, now);
    changed.push(now);
  }
  for (const [workload, minutes] of known) {
    for (const minute of minutes.keys()) if (minute < from) minutes.delete(minute);
    if (minutes.size === 0) known.delete(workload);
  }
  return changed;
}

function merged(before: WorkloadSample, now: WorkloadSample): WorkloadSample {
  return {
    workload: now.workload,
    minute: now.minute,
    requests: now.requests ?? before.requests,
    cpuCores: now.cpuCores ?? before.cpuCores,
    memoryBytes: now.memoryBytes ?? before.memoryBytes,
    replicas: now.replicas ?? before.replicas,
  };
}

function sameMeasurements(a: WorkloadSample, b: WorkloadSample): boolean {
  return (
    a.requests === b.requests &&
    a.cpuCores === b.cpuCores &&
    a.memoryBytes === b.memoryBytes &&
    a.replicas === b.replicas
  );
}
