import { isAppError } from '../platform/errors/index.ts';
import {
  parseQuantity,
  resources,
  type Cluster,
  type KubeNode,
  type ObjectRef,
  type Pod,
  type ReplicatedObject,
  type ResourceQuota,
} from '../kubernetes/index.ts';
import { causeOf, type Finding } from './cause.ts';
import type { MemoryRoom } from './memory-step.ts';
import { revisionOf, type Case } from './trouble.ts';

const logLines = 300;
const pressures = new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable']);

/** Nodes of a cluster, read once a turn at most. */
export class NodeBook {
  readonly #cluster: Cluster;
  #nodes: Promise<KubeNode[]> | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Whoever may not read nodes sees none: then no node is taken to be ill, and none to be the bound of a limit. */
  async list(): Promise<KubeNode[]> {
    this.#nodes ??= this.#cluster.list<KubeNode>(resources.nodes).then(({ items }) => items);
    try {
      return await this.#nodes;
    } catch (error) {
      if (isAppError(error) && error.code === 'FORBIDDEN') return [];
      throw error;
    }
  }

  async ill(): Promise<string[]> {
    const nodes = await this.list();
    return nodes
      .filter(({ status }) =>
        (status?.conditions ?? []).some(({ type, status: value }) =>
          type === 'Ready' ? value !== 'True' : pressures.has(type) && value === 'True',
        ),
      )
      .map(({ metadata }) => metadata.name);
  }
}

/** Why the pods of a case do not run: from their statuses, events and logs, and the nodes they are on. */
export async function examine(cluster: Cluster, found: Case, pods: Iterable<Pod>, nodes: NodeBook): Promise<Finding> {
  const [worst] = [...found.symptoms].sort((a, b) => b.crashes - a.crashes);
  if (!worst) return { cause: 'program', pattern: 'none', evidence: '' };
  const { metadata } = worst.pod;
  const namespace = metadata.namespace ?? '';
  // What the cluster says for certain needs no reading.
  if (found.trouble === 'oom-killed') return causeOf(withReasons(worst.reasons));
  const events = await cluster.events({ namespace, kind: 'Pod', name: metadata.name });
  const warnings = events.filter(({ type }) => type !== 'Normal');
  const log = found.trouble === 'crash-loop' || found.trouble === 'unready' ? await logOf(cluster, worst) : '';
  const failing = new Set(found.symptoms.map(({ pod }) => pod.metadata.uid));
  const others = [...pods].filter(
    (pod) =>
      revisionOf(pod) === found.revision && pod.metadata.namespace === namespace && !failing.has(pod.metadata.uid),
  );
  const isReady = ({ status }: Pod) =>
    status?.conditions?.some(({ type, status: ready }) => type === 'Ready' && ready === 'True');
  return causeOf({
    reasons: [
      ...worst.reasons,
      ...warnings.map(({ reason }) => reason ?? '').filter((reason) => reason === 'FailedMount'),
    ],
    messages: warnings.map(({ message }) => message ?? ''),
    log,
    exitCode: worst.exitCode,
    failingNodes: found.symptoms.flatMap(({ pod }) => (pod.spec.nodeName === undefined ? [] : [pod.spec.nodeName])),
    runningNodes: others.filter(isReady).flatMap(({ spec }) => (spec.nodeName === undefined ? [] : [spec.nodeName])),
    illNodes: await nodes.ill(),
  });
}

function withReasons(reasons: readonly string[]) {
  return { reasons, messages: [], log: '', exitCode: 137, failingNodes: [], runningNodes: [], illNodes: [] };
}

/** The log of the instance that ended, or of the present one where that is gone. */
async function logOf(cluster: Cluster, { pod, container }: Case['symptoms'][number]): Promise<string> {
  const at = { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name };
  for (const previous of [true, false]) {
    try {
      return await cluster.logs(at, { container, previous, tailLines: logLines, limitBytes: 65_536 });
    } catch (error) {
      // 400: there is no such instance; 404: the pod is gone meanwhile.
      if (!isAppError(error) || !['BAD_REQUEST', 'NOT_FOUND'].includes(error.code)) throw error;
    }
  }
  return '';
}

/** How far the memory limit of one pod can grow. */
export async function roomFor(cluster: Cluster, object: ReplicatedObject, nodes: NodeBook): Promise<MemoryRoom> {
  const open = (await nodes.list()).filter(({ spec }) => !spec?.unschedulable);
  const sizes = open.flatMap(({ status }) => parseQuantity(status?.allocatable?.memory) ?? []);
  return {
    nodeBytes: sizes.length === 0 ? undefined : Math.max(...sizes),
    quotaBytes: await quotaRoom(cluster, object),
  };
}

async function quotaRoom(cluster: Cluster, { metadata, spec }: ReplicatedObject): Promise<number | undefined> {
  const selection = { namespace: metadata.namespace ?? '' };
  const { items } = await cluster.list<ResourceQuota>(resources.resourceQuotas, selection);
  const rooms = items.flatMap(({ status }) => {
    const hard = parseQuantity(status?.hard?.['limits.memory']);
    if (hard === undefined) return [];
    return [hard - (parseQuantity(status?.used?.['limits.memory']) ?? 0)];
  });
  // All pods of the workload grow.
  return rooms.length === 0 ? undefined : Math.min(...rooms) / Math.max(1, spec.replicas ?? 1);
}

/** ReplicaSets of a Deployment; none for other kinds. */
export async function setsOf(cluster: Cluster, ref: ObjectRef): Promise<ReplicatedObject[]> {
  if (ref.kind !== 'Deployment') return [];
  const { items } = await cluster.list<ReplicatedObject>(resources.replicaSets, { namespace: ref.namespace });
  return items.filter(({ metadata }) =>
    (metadata.ownerReferences ?? []).some(
      (owner) => owner.controller && owner.kind === ref.kind && owner.name === ref.name,
    ),
  );
}
