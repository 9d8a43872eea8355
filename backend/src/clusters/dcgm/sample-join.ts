/** A GPU in an hour, as it was sampled; the job is empty where the exporter names none. */
export interface SampledGpu {
  gpu: string;
  jobId: string;
}

/** A job that held GPUs on the host in the hour; seconds of the epoch. */
export interface HoldingJob {
  jobId: string;
  /** By which exporters may name it too. */
  rawJobId: string;
  from: number;
  to: number;
  /** GPUs of it on this host. */
  gpus: number;
  /** Which ones, where the scheduler says so. */
  devices: readonly string[];
}

export interface JoinedGpu {
  gpu: string;
  how: 'device' | 'count';
  jobs: { jobId: string; seconds: number }[];
}

/**
 * Finds the jobs behind GPUs of one host and hour that the exporter does not attribute: first by the GPUs that the scheduler
 * names, then by number: of a host’s GPUs that nobody else holds at that time the job has as many as it was given, the
 * lowest first. A GPU that no process uses is thus seen as held by the job that holds it.
 */
export function joinSamples(hour: number, samples: readonly SampledGpu[], jobs: readonly HoldingJob[]): JoinedGpu[] {
  const gpus = [...new Set(samples.map(({ gpu }) => gpu))].sort(byNumber);
  const busy = new Map<string, { from: number; to: number }[]>(gpus.map((gpu) => [gpu, []]));
  const found = new Map<string, JoinedGpu>();
  const labelled = new Set(samples.filter(({ jobId }) => jobId !== '').map(({ gpu }) => gpu));
  const inHour = jobs
    .map((job) => ({ ...job, from: Math.max(job.from, hour), to: Math.min(job.to, hour + 3600) }))
    .filter((job) => job.to > job.from)
    .sort((a, b) => a.from - b.from || (a.jobId < b.jobId ? -1 : 1));
  const take = (job: (typeof inHour)[number], gpu: string, how: JoinedGpu['how'] | 'label'): void => {
    busy.get(gpu)!.push({ from: job.from, to: job.to });
    if (how === 'label' || labelled.has(gpu)) return;
    const known = found.get(gpu) ?? { gpu, how, jobs: [] };
    known.jobs.push({ jobId: job.jobId, seconds: job.to - job.from });
    found.set(gpu, known);
  };
  const missing = new Map<(typeof inHour)[number], number>();
  for (const job of inHour) {
    const own = samples.filter(({ jobId }) => jobId !== '' && (jobId === job.jobId || jobId === job.rawJobId));
    const named = new Set(own.map(({ gpu }) => gpu));
    for (const gpu of named) take(job, gpu, 'label');
    const devices = job.devices.filter((gpu) => busy.has(gpu) && !named.has(gpu));
    for (const gpu of devices) take(job, gpu, 'device');
    missing.set(job, job.devices.length > 0 ? 0 : Math.max(0, job.gpus - named.size));
  }
  for (const job of inHour) {
    const free = gpus.filter(
      (gpu) => !labelled.has(gpu) && busy.get(gpu)!.every(({ from, to }) => to <= job.from || from >= job.to),
    );
    for (const gpu of free.slice(0, missing.get(job))) take(job, gpu, 'count');
  }
  return [...found.values()].sort((a, b) => byNumber(a.gpu, b.gpu));
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
