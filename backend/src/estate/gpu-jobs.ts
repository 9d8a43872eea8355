import { GPUS_PER_NODE, kubernetes, slurm } from './gpu-cluster.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';

const DAY_MS = 24 * 3_600_000;
const GIB = 1024 ** 3;

/** A batch job or a served model on GPUs, with where it ran. */
export interface GpuJob {
  cluster: string;
  scheduler: 'slurm' | 'kubernetes';
  jobId: string;
  jobName: string;
  user: string;
  account: string;
  team: string;
  partition: string;
  state: 'COMPLETED' | 'FAILED' | 'OUT_OF_MEMORY' | 'CANCELLED' | 'RUNNING';
  submittedAt: Date;
  startedAt: Date;
  endedAt: Date;
  cpus: number;
  memoryBytes: number;
  node: string;
  gpus: readonly number[];
  gpuType: string;
  /** Mean utilisation in per cent and share of the GPU's memory that it holds. */
  utilisation: number;
  memoryShare: number;
}

const jobKinds: readonly {
  name: string;
  account: string;
  team: string;
  gpus: number;
  hours: number;
  utilisation: number;
  memoryShare: number;
  weight: number;
}[] = [
  {
    name: 'pretrain',
    account: 'foundation',
    team: 'research',
    gpus: 8,
    hours: 17,
    utilisation: 91,
    memoryShare: 0.93,
    weight: 2,
  },
  {
    name: 'finetune',
    account: 'foundation',
    team: 'research',
    gpus: 4,
    hours: 6,
    utilisation: 78,
    memoryShare: 0.7,
    weight: 5,
  },
  {
    name: 'sweep',
    account: 'ranking',
    team: 'recommendations',
    gpus: 1,
    hours: 3,
    utilisation: 46,
    memoryShare: 0.28,
    weight: 14,
  },
  {
    name: 'notebook',
    account: 'vision',
    team: 'vision',
    gpus: 1,
    hours: 8,
    utilisation: 6,
    memoryShare: 0.12,
    weight: 7,
  },
  {
    name: 'evaluate',
    account: 'foundation',
    team: 'research',
    gpus: 2,
    hours: 1.5,
    utilisation: 64,
    memoryShare: 0.5,
    weight: 9,
  },
];

const served: readonly {
  name: string;
  namespace: string;
  team: string;
  node: number;
  gpus: readonly number[];
  utilisation: number;
  memoryShare: number;
}[] = [
  {
    name: 'llama-70b',
    namespace: 'inference',
    team: 'assist',
    node: 0,
    gpus: [0, 1, 2, 3],
    utilisation: 58,
    memoryShare: 0.94,
  },
  {
    name: 'llama-8b',
    namespace: 'inference',
    team: 'search',
    node: 0,
    gpus: [4, 5],
    utilisation: 37,
    memoryShare: 0.86,
  },
  { name: 'embedder', namespace: 'inference', team: 'search', node: 0, gpus: [6], utilisation: 22, memoryShare: 0.3 },
  { name: 'whisper', namespace: 'speech', team: 'support', node: 1, gpus: [0, 1], utilisation: 12, memoryShare: 0.24 },
  {
    name: 'ranker-v7',
    namespace: 'ranking',
    team: 'recommendations',
    node: 1,
    gpus: [2, 3, 4, 5],
    utilisation: 49,
    memoryShare: 0.6,
  },
];

/** Jobs that a first-fit scheduler ran on the Slurm cluster, and what Kubernetes served, in whole UTC days of [from, to). */
export function gpuJobs(seed: number, from: Date, to: Date): GpuJob[] {
  const random = seededRandom(seed);
  return [...slurmJobs(random, from, to), ...servedModels(random, from, to)];
}

function slurmJobs(random: SeededRandom, from: Date, to: Date): GpuJob[] {
  const freeAt = Array.from({ length: slurm.nodes }, () => new Array<number>(GPUS_PER_NODE).fill(from.getTime()));
  const jobs: GpuJob[] = [];
  for (let day = from.getTime(); day < to.getTime(); day += DAY_MS) {
    const count = new Date(day).getUTCDay() % 6 === 0 ? 14 : 38;
    for (let i = 0; i < count; i++) {
      const submitted = day + Math.floor(((i + random.uniform('submit', day, i)) / count) * DAY_MS);
      const job = place(random, freeAt, submitted, `${4_100_000 + Math.floor(day / DAY_MS) * 50 + i}`);
      if (job.startedAt.getTime() < to.getTime()) jobs.push(job);
    }
  }
  return jobs;
}

function place(random: SeededRandom, freeAt: number[][], submitted: number, jobId: string): GpuJob {
  const kind = random.choose(
    jobKinds.map((k) => [k, k.weight] as const),
    'kind',
    jobId,
  );
  const state = random.choose(
    [
      ['COMPLETED', 86],
      ['FAILED', 7],
      ['CANCELLED', 4],
      ['OUT_OF_MEMORY', 3],
    ] as const,
    'state',
    jobId,
  );
  const cut = state === 'COMPLETED' ? 1 : 0.1 + 0.6 * random.uniform('cut', jobId);
  const hours = Math.max(0.1, kind.hours * cut * Math.exp(0.35 * random.normal('hours', jobId)));
  const starts = freeAt.map((gpus) => Math.max(submitted, [...gpus].sort((a, b) => a - b)[kind.gpus - 1]!));
  const node = starts.indexOf(Math.min(...starts));
  const start = Math.ceil(starts[node]! / 1000) * 1000;
  const end = start + Math.ceil(hours * 3600) * 1000;
  const gpus = freeAt[node]!.map((free, gpu) => ({ free, gpu }))
    .sort((a, b) => a.free - b.free || a.gpu - b.gpu)
    .slice(0, kind.gpus)
    .map((slot) => slot.gpu);
  for (const gpu of gpus) freeAt[node]![gpu] = end;
  return {
    cluster: slurm.name,
    scheduler: 'slurm',
    jobId,
    jobName: kind.name,
    user: `u${random.integer(11, 34, 'user', jobId)}`,
    account: kind.account,
    team: kind.team,
    partition: 'gpu',
    state,
    submittedAt: new Date(submitted),
    startedAt: new Date(start),
    endedAt: new Date(end),
    cpus: kind.gpus * 12,
    memoryBytes: kind.gpus * 120 * GIB,
    node: `${slurm.name}-n${node + 1}`,
    gpus,
    gpuType: slurm.gpuType,
    utilisation: Math.min(99, kind.utilisation * (1 + 0.12 * random.normal('util', jobId))),
    memoryShare: Math.min(0.99, kind.memoryShare * (1 + 0.08 * random.normal('mem', jobId))),
  };
}

function servedModels(random: SeededRandom, from: Date, to: Date): GpuJob[] {
  return served.map((model) => ({
    cluster: kubernetes.name,
    scheduler: 'kubernetes',
    jobId: `${model.namespace}/${model.name}`,
    jobName: model.name,
    user: model.namespace,
    account: model.namespace,
    team: model.team,
    partition: model.namespace,
    state: 'RUNNING',
    submittedAt: from,
    startedAt: from,
    endedAt: to,
    cpus: model.gpus.length * 16,
    memoryBytes: model.gpus.length * 160 * GIB,
    node: `${kubernetes.name}-n${model.node + 1}`,
    gpus: model.gpus,
    gpuType: kubernetes.gpuType,
    utilisation: model.utilisation * (1 + 0.02 * random.normal('served', model.name)),
    memoryShare: model.memoryShare,
  }));
}
