import { Decimal } from 'decimal.js';
import { focusRow, type FocusRow } from './focus-row.ts';
import { GPUS_PER_NODE, kubernetes, slurm, type Cluster } from './gpu-cluster.ts';
import type { GpuJob } from './gpu-jobs.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * What the two clusters cost by day: each job its GPU-hours at the cluster's rate, and the rest of the hardware as idle,
 * so that each day closes to nodes x 8 x 24 GPU-hours.
 */
export function* gpuBills(jobs: readonly GpuJob[], from: Date, to: Date): Generator<FocusRow> {
  for (let day = from.getTime(); day < to.getTime(); day += DAY_MS) {
    for (const cluster of [slurm, kubernetes]) {
      let idle = new Decimal(cluster.nodes * GPUS_PER_NODE * 24);
      for (const job of jobs) {
        if (job.cluster !== cluster.name) continue;
        const overlap = Math.min(job.endedAt.getTime(), day + DAY_MS) - Math.max(job.startedAt.getTime(), day);
        if (overlap <= 0) continue;
        const gpuHoursOfDay = new Decimal(overlap).times(job.gpus.length).div(HOUR_MS).toDecimalPlaces(6);
        idle = idle.minus(gpuHoursOfDay);
        yield gpuRow(cluster, new Date(day), gpuHoursOfDay, job.jobId, {
          team: job.team,
          product: job.scheduler === 'slurm' ? 'training' : 'inference',
          job: job.jobName,
          environment: job.scheduler === 'slurm' ? 'dev' : 'production',
          ...(job.scheduler === 'kubernetes' ? { model: job.jobName } : {}),
        });
      }
      if (idle.greaterThan(0)) yield gpuRow(cluster, new Date(day), idle, 'idle', {});
    }
  }
}

function gpuRow(
  cluster: Cluster,
  start: Date,
  quantity: Decimal,
  resource: string,
  tags: Readonly<Record<string, string>>,
): FocusRow {
  const provider = {
    name: cluster.scheduler === 'slurm' ? 'Slurm' : 'Kubernetes',
    account: cluster.name,
    accountName: cluster.name,
    issuer: 'Northwind IT',
  };
  return focusRow({
    provider,
    start,
    hours: 24,
    category: 'Compute',
    service: `GPU cluster ${cluster.name}`,
    description: resource === 'idle' ? `${cluster.gpuType} idle` : `${cluster.gpuType} allocated`,
    sku: cluster.gpuType,
    resource,
    region: 'on-premises',
    subAccount: cluster.name,
    quantity,
    unit: 'GPU-Hours',
    listUnitPrice: cluster.rate,
    tags,
  });
}
