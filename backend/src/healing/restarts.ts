import { resources, type Cluster, type KubeEvent } from '../kubernetes/index.ts';

/** Which events of a cluster tell of containers that are restarted. */
export const restartFields = 'involvedObject.kind=Pod,reason=BackOff';

/** Whose container is restarted, and when (Unix milliseconds); undefined where the event tells of something else. */
export function restartTold(event: KubeEvent): { replicaSet: string; at: number } | undefined {
  const { message = '', metadata, lastTimestamp, eventTime, involvedObject } = event;
  const { name = '' } = involvedObject;
  const at = Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '');
  // Images that cannot be pulled back off as well.
  if (Number.isNaN(at) || !message.includes('restarting failed container')) return undefined;
  // A pod is named after its ReplicaSet, with five letters behind it.
  return { replicaSet: name.slice(0, Math.max(0, name.lastIndexOf('-'))), at };
}

/** ReplicaSets of a namespace of which an event of the cluster since `since` says that a container is restarted. */
export async function restartsTold(cluster: Cluster, namespace: string, since: number): Promise<Set<string>> {
  const { items } = await cluster.list<KubeEvent>(resources.events, { namespace, fieldSelector: restartFields });
  const told = items.flatMap((event) => restartTold(event) ?? []);
  return new Set(told.filter(({ at }) => at >= since).map(({ replicaSet }) => replicaSet));
}
