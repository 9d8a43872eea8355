import type { GpuSample, JobRun, SinkBatch } from '../anycost/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';

/** Whatever is over counts more than whatever was seen while it ran; among those the later ingest counts. */
const overBit = 1n << 62n;

/** Order of the ingests: their ids are numbers that grow. */
export function ingestNumber(ingestId: string): bigint {
  const digits = /(\d{1,18})$/.exec(ingestId)?.[1];
  return BigInt(digits ?? '0');
}

interface Arrival {
  batch: SinkBatch;
  at: Date;
}

const seconds = (text: string): number => Math.floor(Date.parse(text) / 1000);

/** A row of fact_job. */
export function jobRow(job: JobRun, line: number, { batch, at }: Arrival): object {
  const ended = job.endedAt ?? job.observedAt ?? job.startedAt;
  return {
    Tenant: batch.tenant,
    Region: batch.region,
    x_Source: batch.source,
    Cluster: job.cluster,
    Scheduler: job.scheduler,
    Record: job.record ?? 'job',
    JobId: job.jobId,
    JobName: job.jobName,
    UserName: job.user,
    Account: job.account,
    Team: job.team ?? job.account,
    Product: job.product ?? '',
    Environment: job.environment ?? '',
    Partition: job.partition,
    State: job.state,
    SubmittedAt: seconds(job.submittedAt),
    StartedAt: seconds(job.startedAt),
    EndedAt: seconds(ended),
    Running: job.endedAt === undefined ? 1 : 0,
    ElapsedSeconds: job.elapsedSeconds ?? Math.max(0, seconds(ended) - seconds(job.startedAt)),
    NodeNames: job.nodeNames ?? [],
    Devices: (job.devices ?? []).map(({ node, gpu }) => `${node}:${gpu}`),
    Cpus: decimal(job.cpus, 6),
    MemoryBytes: job.memoryBytes,
    Gpus: decimal(job.gpus, 9),
    GpuType: job.gpuType,
    GpusByType: byType(job),
    GpuSeconds: job.gpuSeconds ?? null,
    CpusRequested: job.cpusRequested === undefined ? null : decimal(job.cpusRequested, 6),
    CpusUsed: job.cpusUsed === undefined ? null : decimal(job.cpusUsed, 6),
    MemoryBytesRequested: job.memoryBytesRequested ?? null,
    MemoryBytesUsed: job.memoryBytesUsed ?? null,
    Tags: job.tags ?? {},
    SourceFile: batch.fileName,
    SourceLine: line,
    Version: job.endedAt === undefined ? BigInt(seconds(ended)) : overBit + ingestNumber(batch.ingestId),
    ReceivedAt: at,
  };
}

function byType(job: JobRun): Record<string, string> {
  if (job.gpus <= 0) return {};
  const counts = job.gpusByType ?? { [job.gpuType]: job.gpus };
  return Object.fromEntries(Object.entries(counts).map(([type, count]) => [type, decimal(count, 9)]));
}

function decimal(value: number, places: number): string {
  return value.toFixed(places);
}

/** A row of fact_node: what a host offered. */
export function nodeRow(node: JobRun, { batch, at }: Arrival): object {
  return {
    Tenant: batch.tenant,
    Region: batch.region,
    x_Source: batch.source,
    Cluster: node.cluster,
    Scheduler: node.scheduler,
    Origin: node.state === 'declared' || node.state === 'measured' ? node.state : 'listed',
    Node: node.jobId,
    NodeType: node.jobName,
    State: node.state,
    StartedAt: seconds(node.startedAt),
    EndedAt: node.endedAt === undefined ? null : seconds(node.endedAt),
    Nodes: node.nodes ?? 1,
    Cpus: decimal(node.cpus, 6),
    MemoryBytes: node.memoryBytes,
    Gpus: decimal(node.gpus, 9),
    GpuType: node.gpuType,
    GpuSeconds: node.gpuSeconds ?? null,
    Version: ingestNumber(batch.ingestId),
    ReceivedAt: at,
  };
}

/** A row of fact_gpu_sample. */
export function sampleRow(sample: GpuSample, { batch, at }: Arrival): object {
  return {
    Tenant: batch.tenant,
    Region: batch.region,
    x_Source: batch.source,
    Cluster: sample.cluster,
    Node: sample.node,
    Gpu: sample.gpu,
    Uuid: sample.uuid ?? '',
    GpuType: sample.gpuType,
    Hour: seconds(sample.hour),
    JobId: sample.jobId,
    Seconds: decimal(sample.seconds ?? 3600, 3),
    Utilisation: sample.utilisation,
    MemoryUsedBytes: sample.memoryUsedBytes,
    MemoryTotalBytes: sample.memoryTotalBytes,
    PowerWatts: sample.powerWatts,
    Version: ingestNumber(batch.ingestId),
    ReceivedAt: at,
  };
}

/** Inserts rows; the same ones again replace themselves. */
export async function insertFacts(
  warehouse: Warehouse,
  table: 'fact_job' | 'fact_node' | 'fact_gpu_sample' | 'gpu_sample_job',
  rows: readonly object[],
): Promise<void> {
  if (rows.length > 0) await warehouse.insert(table, rows);
}
