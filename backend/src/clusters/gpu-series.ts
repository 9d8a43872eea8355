import type { QueriedSeries } from './prometheus-hours.ts';

/** Where a series of the DCGM exporter comes from, and who held the GPU. */
export interface GpuPlace {
  node: string;
  /** Index on its host; of a MIG instance `index/instance`. */
  gpu: string;
  uuid: string;
  model: string;
  /** `3g.40gb`; empty for a whole GPU. */
  profile: string;
  /** `namespace/pod`, or the Slurm job of the label `hpc_job`; empty where the exporter names none. */
  jobId: string;
}

/**
 * Reads the labels of the exporter. Where Prometheus does not honour its labels, `pod` is the exporter's own pod and the
 * one that held the GPU is `exported_pod`.
 */
export function gpuPlaces(series: readonly QueriedSeries[]): (GpuPlace | undefined)[] {
  const exported = series.some(({ metric }) => metric['exported_pod'] !== undefined);
  return series.map(({ metric }) => placeOf(metric, exported));
}

function placeOf(metric: Readonly<Record<string, string>>, exported: boolean): GpuPlace | undefined {
  const node = metric['Hostname'] ?? metric['node'] ?? metric['kubernetes_node'] ?? metric['hostname'] ?? '';
  const index = metric['gpu'] ?? '';
  if (node === '' || !/^[\w.:-]{1,64}$/.test(index)) return undefined;
  const instance = metric['GPU_I_ID'] ?? '';
  const pod = (exported ? metric['exported_pod'] : metric['pod']) ?? '';
  const namespace = (exported ? metric['exported_namespace'] : metric['namespace']) ?? '';
  const own = pod !== '' && (exported || !/dcgm-exporter/.test(pod)) ? `${namespace}/${pod}` : '';
  const job = metric['hpc_job'] ?? '';
  return {
    node,
    gpu: instance === '' ? index : `${index}/${instance}`,
    uuid: metric['UUID'] ?? '',
    model: metric['modelName'] ?? '',
    profile: metric['GPU_I_PROFILE'] ?? '',
    jobId: job === '' || job === '0' ? own : job,
  };
}
