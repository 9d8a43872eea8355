import { kubernetes, slurm } from './gpu-cluster.ts';
import type { GpuJob } from './gpu-jobs.ts';
import { seededRandom } from './seeded-random.ts';

const HOUR_MS = 3_600_000;

/** One hour of one GPU, as DCGM would have told. */
export interface GpuHour {
  cluster: string;
  node: string;
  gpu: number;
  gpuType: string;
  hour: Date;
  jobId: string;
  /** Of the hour, for which the job held it. */
  seconds: number;
  utilisation: number;
  memoryUsedBytes: number;
  memoryTotalBytes: number;
  powerWatts: number;
}

/** Every GPU-hour of the jobs in [from, to). */
export function* gpuHours(seed: number, jobs: readonly GpuJob[], from: Date, to: Date): Generator<GpuHour> {
  const random = seededRandom(seed);
  for (const job of jobs) {
    const cluster = job.scheduler === 'slurm' ? slurm : kubernetes;
    const end = Math.min(to.getTime(), job.endedAt.getTime());
    const first = Math.floor(Math.max(from.getTime(), job.startedAt.getTime()) / HOUR_MS) * HOUR_MS;
    for (let hour = first; hour < end; hour += HOUR_MS) {
      const wave =
        job.scheduler === 'kubernetes'
          ? 1 + 0.4 * Math.sin(((new Date(hour).getUTCHours() - 11) / 24) * 2 * Math.PI)
          : 1;
      for (const gpu of job.gpus) {
        const utilisation = Math.max(
          0,
          Math.min(100, job.utilisation * wave * (1 + 0.06 * random.normal('hour', job.jobId, gpu, hour))),
        );
        yield {
          cluster: job.cluster,
          node: job.node,
          gpu,
          gpuType: job.gpuType,
          hour: new Date(hour),
          jobId: job.jobId,
          seconds: (Math.min(end, hour + HOUR_MS) - Math.max(job.startedAt.getTime(), hour)) / 1000,
          utilisation,
          memoryUsedBytes: Math.round(cluster.gpuMemory * job.memoryShare),
          memoryTotalBytes: cluster.gpuMemory,
          powerWatts: cluster.idleWatts + ((cluster.fullWatts - cluster.idleWatts) * utilisation) / 100,
        };
      }
    }
  }
}
