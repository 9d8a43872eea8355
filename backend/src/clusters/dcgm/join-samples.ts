import type { Platform } from '../../platform/platform.ts';
import { findJoinMark, saveJoinMark } from '../bill-repository.ts';
import { insertFacts } from '../fact-repository.ts';
import { joinSamples, type HoldingJob } from './sample-join.ts';
import {
  selectGpuJobs,
  selectHoursToJoin,
  selectSamplesOfSpan,
  selectUnjoined,
  type ClusterPlace,
  type GpuJobRow,
  type SampleOfHour,
} from './sample-repository.ts';

const daySeconds = 86_400;
const batchRows = 20_000;

/** Joins GPU samples that name no job to the jobs of their host and time, wherever either arrived since the last turn. */
export async function joinNewSamples(platform: Platform, signal: AbortSignal): Promise<void> {
  const { warehouse, store } = platform;
  for (const { until, ...place } of await selectUnjoined(warehouse)) {
    const mark = await findJoinMark(store, place);
    if (mark.getTime() >= until) continue;
    const hours = await selectHoursToJoin(warehouse, place, mark);
    const days = [...new Set(hours.map((hour) => Math.floor(hour / daySeconds)))];
    for (const day of days) {
      if (signal.aborted) return;
      const wanted = new Set(hours.filter((hour) => Math.floor(hour / daySeconds) === day));
      await joinDay(platform, place, day * daySeconds, wanted);
    }
    await saveJoinMark(store, place, new Date(until));
  }
}

async function joinDay(
  platform: Platform,
  place: ClusterPlace,
  from: number,
  wanted: ReadonlySet<number>,
): Promise<void> {
  const { warehouse, clock } = platform;
  const span = { from, to: from + daySeconds };
  const [samples, jobs] = await Promise.all([
    selectSamplesOfSpan(warehouse, place, span),
    selectGpuJobs(warehouse, place, span),
  ]);
  const byNode = jobsByNode(jobs);
  const groups = new Map<string, SampleOfHour[]>();
  for (const sample of samples) {
    if (!wanted.has(sample.hour)) continue;
    const key = `${sample.hour} ${sample.node}`;
    const known = groups.get(key);
    if (known) known.push(sample);
    else groups.set(key, [sample]);
  }
  const version = BigInt(clock.now().getTime());
  let rows: object[] = [];
  for (const group of groups.values()) {
    const { hour, node } = group[0]!;
    for (const joined of joinSamples(hour, group, byNode.get(node) ?? []))
      rows.push({
        ...{
          Tenant: place.tenant,
          Region: place.region,
          Cluster: place.cluster,
          Node: node,
          Gpu: joined.gpu,
          Hour: hour,
        },
        JobIds: joined.jobs.map(({ jobId }) => jobId),
        Seconds: joined.jobs.map(({ seconds }) => seconds.toFixed(3)),
        How: joined.how,
        Version: version,
      });
    if (rows.length < batchRows) continue;
    await insertFacts(warehouse, 'gpu_sample_job', rows);
    rows = [];
  }
  await insertFacts(warehouse, 'gpu_sample_job', rows);
}

/** Slurm spreads the GPUs of a job evenly over its hosts unless told otherwise; where they do not divide, it is not known. */
function jobsByNode(jobs: readonly GpuJobRow[]): Map<string, HoldingJob[]> {
  const byNode = new Map<string, HoldingJob[]>();
  for (const { nodes, devices, gpus, ...job } of jobs) {
    const each = gpus / nodes.length;
    for (const node of nodes) {
      const own = devices
        .filter((device) => device.startsWith(`${node}:`))
        .map((device) => device.slice(node.length + 1));
      if (own.length === 0 && !Number.isInteger(each)) continue;
      const holding = { ...job, gpus: own.length > 0 ? own.length : each, devices: own };
      const known = byNode.get(node);
      if (known) known.push(holding);
      else byNode.set(node, [holding]);
    }
  }
  return byNode;
}
