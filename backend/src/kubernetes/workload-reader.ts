import type { ClusterSettings } from '../platform/config/index.ts';
import { isAppError } from '../platform/errors/index.ts';
import type { Cluster, ObjectRef, Pod, ReplicatedObject, Resource, Selection, Workload } from './contract.ts';
import type { Autoscaler, Autoscalers } from './ownership.ts';
import { resources } from './resources.ts';
import { labelsOf, readyAmong, refOf, saysItsCount, workloadFrom, type ScaledCount } from './workload-view.ts';

/** ReplicaSets whose Deployment is remembered; a name of one is never used for another. */
const maxRemembered = 5_000;

/** Kinds that say their replicas and pods themselves. */
const plainKinds: readonly Resource[] = [resources.deployments, resources.statefulSets];

type Source = Pick<Cluster, 'get' | 'list' | 'readScale' | 'resourceOf'>;

/** What of a cluster has replicas, with who else speaks for it. */
export class WorkloadReader {
  readonly #cluster: Source;
  readonly #settings: Pick<ClusterSettings, 'resources' | 'labels' | 'teams'>;
  readonly #onTrouble: (error: unknown, what: string) => void;
  readonly #ownersOfSets = new Map<string, ObjectRef | undefined>();
  /** Configured kinds that the cluster lacks, so that each is told once. */
  readonly #lacking = new Set<string>();

  constructor(
    cluster: Source,
    settings: Pick<ClusterSettings, 'resources' | 'labels' | 'teams'>,
    onTrouble: (error: unknown, what: string) => void,
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#onTrouble = onTrouble;
  }

  async all(selection: Selection): Promise<Workload[]> {
    const scalers = await this.#autoscalers(selection.namespace);
    const found: Workload[] = [];
    for (const resource of [...plainKinds, ...(await this.#customKinds())]) {
      const { items } = await this.#cluster.list<ReplicatedObject>(resource, selection);
      for (const item of items) {
        const ref = refOf(item, resource);
        found.push(workloadFrom(ref, item, scalers, this.#settings, await this.#countOf(ref, item)));
      }
    }
    return found;
  }

  async one(ref: ObjectRef): Promise<Workload> {
    const object = await this.#cluster.get<ReplicatedObject>(ref);
    const scalers = await this.#autoscalers(ref.namespace);
    return workloadFrom(ref, object, scalers, this.#settings, await this.#countOf(ref, object));
  }

  async of(pod: Pod): Promise<ObjectRef | undefined> {
    const owner = (pod.metadata.ownerReferences ?? []).find(({ controller }) => controller);
    if (!owner || owner.kind === 'Job' || owner.kind === 'Node') return undefined;
    const namespace = pod.metadata.namespace ?? '';
    const ref = { apiVersion: owner.apiVersion, kind: owner.kind, namespace, name: owner.name };
    if (owner.kind !== 'ReplicaSet') return ref;
    if (this.#ownersOfSets.has(owner.uid)) return this.#ownersOfSets.get(owner.uid);
    const set = await this.#cluster.get<ReplicatedObject>(ref).catch(unlessAbsent);
    const above = (set?.metadata.ownerReferences ?? []).find(({ controller }) => controller);
    const found = above && { apiVersion: above.apiVersion, kind: above.kind, namespace, name: above.name };
    if (this.#ownersOfSets.size >= maxRemembered) this.#ownersOfSets.clear();
    if (set) this.#ownersOfSets.set(owner.uid, found);
    return found;
  }

  /** The configured kinds that are installed; one that is not keeps nobody else from being scaled. */
  async #customKinds(): Promise<Resource[]> {
    const found: Resource[] = [];
    for (const { apiVersion, kind } of this.#settings.resources) {
      const name = `${apiVersion} ${kind}`;
      try {
        found.push(await this.#cluster.resourceOf(apiVersion, kind));
        this.#lacking.delete(name);
      } catch (error) {
        if (!isAppError(error) || error.code !== 'NOT_FOUND') throw error;
        if (!this.#lacking.has(name)) this.#onTrouble(error, `Workloads of the kind ${kind} cannot be seen`);
        this.#lacking.add(name);
      }
    }
    return found;
  }

  /** What the scale subresource says of an object that does not say it itself; undefined where it does. */
  async #countOf(ref: ObjectRef, object: ReplicatedObject): Promise<ScaledCount | undefined> {
    const isPlain = plainKinds.some(({ apiVersion, kind }) => apiVersion === ref.apiVersion && kind === ref.kind);
    if (isPlain || saysItsCount(object)) return undefined;
    // Where it cannot be read nothing can be written either, and its pods are looked after all the same.
    const scale = await this.#cluster.readScale(ref).catch(unlessRefused);
    if (!scale) return undefined;
    const told = object.status?.readyReplicas;
    const readyReplicas = typeof told === 'number' ? told : await this.#readyOf(ref.namespace, scale.selector);
    return { replicas: scale.replicas, readyReplicas, selector: labelsOf(scale.selector) };
  }

  async #readyOf(namespace: string, labelSelector: string): Promise<number> {
    if (labelSelector === '') return 0;
    return readyAmong((await this.#cluster.list<Pod>(resources.pods, { namespace, labelSelector })).items);
  }

  /** A kind that is not installed scales nothing; one that may not be read could, so that this is an error. */
  async #autoscalers(namespace: string | undefined): Promise<Autoscalers> {
    const selection = namespace === undefined ? {} : { namespace };
    const read = async (resource: Resource): Promise<Autoscaler[]> =>
      (await this.#cluster.list<Autoscaler>(resource, selection).catch(unlessAbsent))?.items ?? [];
    const [hpas, scaledObjects, vpas] = await Promise.all([
      read(resources.horizontalPodAutoscalers),
      read(resources.scaledObjects),
      read(resources.verticalPodAutoscalers),
    ]);
    return { hpas, scaledObjects, vpas };
  }
}

/** The same for what may not be read. */
function unlessRefused(error: unknown): undefined {
  if (isAppError(error) && error.code === 'FORBIDDEN') return undefined;
  return unlessAbsent(error);
}

/** Undefined for what is not there. @throws the error where it is another one */
function unlessAbsent(error: unknown): undefined {
  if (isAppError(error) && error.code === 'NOT_FOUND') return undefined;
  throw error;
}
