import { fraction, type Fraction } from '../fraction.ts';

/** What the labels of a host (GPU feature discovery) say about its GPUs. */
export interface NodeGpus {
  /** Model without the suffixes of sharing, e.g. `NVIDIA-A100-SXM4-80GB`. */
  product: string;
  /** Pods that share one GPU by time-slicing or MPS; 1 where they do not. */
  replicas: number;
  /** Compute slices of one GPU: 4 of an A30, 7 of the others. */
  slices: number;
  /** Part of a GPU behind one `nvidia.com/gpu`, where the MIG strategy is `single`. */
  single: Fraction | undefined;
  /** Physical GPUs as labelled; undefined where the label counts MIG instances or is not there. */
  count: number | undefined;
}

const migSuffix = /-MIG-(\d)g\.\d+gb.*$/i;

/** Reads `label_nvidia_com_...` of kube_node_labels. */
export function nodeGpus(labels: Readonly<Record<string, string>>): NodeGpus {
  const label = (name: string): string => labels[`label_nvidia_com_${name}`] ?? '';
  const named = label('gpu_product');
  const mig = migSuffix.exec(named);
  const product = named.replace(migSuffix, '').replace(/-SHARED$/, '');
  const slices = /(?:^|[^A-Z\d])A30(?:$|[^\d])/i.test(product) ? 4 : 7;
  const count = positive(label('gpu_count'));
  return {
    product,
    replicas: positive(label('gpu_replicas')) ?? 1,
    slices,
    single: mig ? fraction(Number(mig[1]), slices) : undefined,
    count: mig ? undefined : count,
  };
}

function positive(text: string): number | undefined {
  return /^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined;
}

/**
 * Part of a GPU that one unit of a resource stands for, as kube-state-metrics names it: `nvidia_com_gpu`,
 * `nvidia_com_gpu_shared`, `nvidia_com_mig_1g_10gb` (compute slices over those of the GPU). Undefined for what is no GPU.
 */
export function shareOf(resource: string, gpus: NodeGpus): Fraction | undefined {
  const mig = /^nvidia_com_mig_(\d)g_\d+gb(?:_.*)?$/.exec(resource);
  if (mig) {
    const part = fraction(Number(mig[1]), gpus.slices);
    return part.n > part.d || part.n === 0n ? undefined : part;
  }
  if (resource !== 'nvidia_com_gpu' && resource !== 'nvidia_com_gpu_shared') return undefined;
  const unit = gpus.single ?? fraction(1);
  return fraction(unit.n, unit.d * BigInt(gpus.replicas));
}
