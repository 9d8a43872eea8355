const GIB = 1024 ** 3;
export const GPUS_PER_NODE = 8;

/** GPU hardware of one kind and what an hour of it costs. */
export interface Cluster {
  name: string;
  scheduler: 'slurm' | 'kubernetes';
  nodes: number;
  gpuType: string;
  gpuMemory: number;
  idleWatts: number;
  fullWatts: number;
  /** USD per GPU-hour: depreciation, power, room and people. */
  rate: string;
}

export const slurm: Cluster = {
  name: 'hpc-a',
  scheduler: 'slurm',
  nodes: 4,
  gpuType: 'A100-80GB',
  gpuMemory: 80 * GIB,
  idleWatts: 62,
  fullWatts: 395,
  rate: '1.35',
};
export const kubernetes: Cluster = {
  name: 'k8s-gpu',
  scheduler: 'kubernetes',
  nodes: 2,
  gpuType: 'H100-80GB',
  gpuMemory: 80 * GIB,
  idleWatts: 75,
  fullWatts: 690,
  rate: '2.60',
};
