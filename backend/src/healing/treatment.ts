import { AppError, isAppError } from '../platform/errors/index.ts';
import {
  resources,
  type Cluster,
  type Container,
  type ObjectRef,
  type Pod,
  type ReplicatedObject,
} from '../kubernetes/index.ts';

/** On the object itself, not on its template: it names the last attempt of ours without starting pods anew. */
export const changeAnnotation = 'amadeus.dev/healing-change';
const annotationPath = `/metadata/annotations/${changeAnnotation.replace('/', '~1')}`;

export interface Operation {
  op: 'test' | 'add' | 'replace' | 'remove';
  path: string;
  value?: unknown;
}

/** The object as it stands, and the place of a container in it. @throws AppError UNPROCESSABLE where it is not there */
export async function containerNow(
  cluster: Cluster,
  ref: ObjectRef,
  name: string,
): Promise<{ object: ReplicatedObject; index: number; container: Container }> {
  const object = await cluster.get<ReplicatedObject>(ref);
  const containers = object.spec.template?.spec.containers ?? [];
  const index = containers.findIndex((container) => container.name === name);
  const container = containers[index];
  if (!container) throw changed(ref, `it has no container ${name} any more`);
  return { object, index, container };
}

/** Whether the attempt of that key has written the object. */
export function bears(object: ReplicatedObject, key: string): boolean {
  return object.metadata.annotations?.[changeAnnotation] === key;
}

/**
 * Writes the operations together with the key of the attempt. Each begins with tests of what was read, so that the cluster
 * itself refuses where anybody has written in between.
 */
export async function write(
  cluster: Cluster,
  ref: ObjectRef,
  object: ReplicatedObject,
  key: string,
  operations: readonly Operation[],
  signal: AbortSignal,
): Promise<ReplicatedObject> {
  const noted: Operation[] =
    object.metadata.annotations === undefined
      ? [{ op: 'add', path: '/metadata/annotations', value: { [changeAnnotation]: key } }]
      : [{ op: 'add', path: annotationPath, value: key }];
  try {
    return await cluster.patch<ReplicatedObject>(ref, { type: 'json', body: [...operations, ...noted], signal });
  } catch (error) {
    if (isAppError(error) && error.code === 'UNPROCESSABLE') throw changed(ref, error.message);
    throw error;
  }
}

export function changed({ kind, namespace, name }: ObjectRef, why: string): AppError {
  return new AppError(
    'UNPROCESSABLE',
    `${kind} ${namespace}/${name} is not as it was when this was proposed: ${why}.`,
    {
      help: 'Nothing was done. If the trouble goes on, it is looked at anew and proposed again.',
    },
  );
}

/** The pods of a workload, read now; none where it has no labels to tell them by. */
export async function podsNow(cluster: Cluster, object: ReplicatedObject): Promise<Pod[]> {
  const labels = Object.entries(object.spec.selector?.matchLabels ?? {});
  if (labels.length === 0) return [];
  const { items } = await cluster.list<Pod>(resources.pods, {
    namespace: object.metadata.namespace ?? '',
    labelSelector: labels.map(([key, value]) => `${key}=${value}`).join(','),
  });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** The cluster of a payload. @throws AppError NOT_FOUND where the configuration names it no more, FORBIDDEN across tenants */
export function clusterFor(
  find: (tenant: string, name: string) => Cluster | undefined,
  payload: { tenant: string; cluster: string },
  tenant: string,
): Cluster {
  if (payload.tenant !== tenant) throw new AppError('FORBIDDEN', 'Workloads are healed in your own tenant only.');
  const cluster = find(tenant, payload.cluster);
  if (cluster) return cluster;
  throw new AppError('NOT_FOUND', `There is no cluster ${payload.cluster}.`, {
    help: 'Name it under kubernetes.clusters in the configuration.',
  });
}

/** Who must not be fought, asked again before each act. @throws AppError UNPROCESSABLE */
export async function checkOwners(cluster: Cluster, ref: ObjectRef, act: 'memory' | 'rollback'): Promise<void> {
  const { owners } = await cluster.workload(ref);
  if (owners.gitOps) {
    const [manager] = owners.managers.filter(({ kind }) => kind !== 'helm');
    throw changed(ref, `${manager?.kind ?? 'GitOps'} (${manager?.name ?? ''}) keeps it now and would undo this`);
  }
  const vpa = owners.autoscalers.find(({ kind, acts }) => kind === 'vpa' && acts);
  if (act === 'memory' && vpa) throw changed(ref, `the VPA ${vpa.name} sets its memory now`);
}
