import type { Clock } from '../platform/clock/index.ts';
import type { ClusterSettings } from '../platform/config/index.ts';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import { ClusterConnection } from './cluster-connection-client.ts';
import type { ClusterMetrics } from './cluster-metrics.ts';
import type {
  AccessAnswer,
  AccessQuestion,
  Cluster,
  KubeEvent,
  KubeObject,
  LeaderLease,
  LeaseOptions,
  LogQuery,
  Mirror,
  MirrorOptions,
  ObjectList,
  ObjectRef,
  PatchRequest,
  PatchType,
  Pod,
  ReplicatedObject,
  Resource,
  Scale,
  Selection,
  WatchEvent,
  WatchOptions,
  Workload,
} from './contract.ts';
import { ClusterLease } from './leader-lease.ts';
import { CollectionMirror } from './mirror.ts';
import { ownershipOf, type Autoscaler, type Autoscalers } from './ownership.ts';
import { knownResource, pathOf, resources } from './resources.ts';
import { watchCollection } from './watch-reader.ts';

const pageSize = 500;
const maxPages = 200;
/** Name under which the cluster keeps who wrote a field. */
const fieldManager = 'amadeus';
const mediaTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  // YAML by its name; JSON is a part of it.
  apply: 'application/apply-patch+yaml',
};
/** ReplicaSets whose Deployment is remembered; a name of one is never used for another. */
const maxRemembered = 5_000;

interface ScaleObject extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas?: number; selector?: string };
}

/** One cluster by its HTTP interface. */
export class KubernetesCluster implements Cluster {
  readonly name: string;
  readonly region: string;
  readonly tenant: string;
  readonly namespaces: readonly string[];
  readonly #settings: ClusterSettings;
  readonly #connection: ClusterConnection;
  readonly #parts: { clock: Clock; log: Pick<Logger, 'warn'>; metrics: ClusterMetrics };
  readonly #discovered = new Map<string, Promise<Resource[]>>();
  readonly #ownersOfSets = new Map<string, ObjectRef | undefined>();

  constructor(settings: ClusterSettings, parts: { clock: Clock; log: Pick<Logger, 'warn'>; metrics: ClusterMetrics }) {
    this.name = settings.name;
    this.region = settings.region;
    this.tenant = settings.tenant;
    this.namespaces = settings.namespaces;
    this.#settings = settings;
    this.#parts = parts;
    this.#connection = new ClusterConnection(settings, parts.metrics);
  }

  async workloads(selection: Selection = {}): Promise<Workload[]> {
    const scalers = await this.#autoscalers(selection.namespace);
    const kinds: Resource[] = [resources.deployments, resources.statefulSets];
    for (const { apiVersion, kind } of this.#settings.resources) kinds.push(await this.resourceOf(apiVersion, kind));
    const found: Workload[] = [];
    for (const resource of kinds) {
      const { items } = await this.list<ReplicatedObject>(resource, selection);
      for (const item of items) found.push(workloadFrom(refOf(item, resource), item, scalers, this.#settings));
    }
    return found;
  }

  async workload(ref: ObjectRef): Promise<Workload> {
    const object = await this.get<ReplicatedObject>(ref);
    return workloadFrom(ref, object, await this.#autoscalers(ref.namespace), this.#settings);
  }

  async workloadOf(pod: Pod): Promise<ObjectRef | undefined> {
    const owner = (pod.metadata.ownerReferences ?? []).find(({ controller }) => controller);
    if (!owner || owner.kind === 'Job' || owner.kind === 'Node') return undefined;
    const namespace = pod.metadata.namespace ?? '';
    const ref = { apiVersion: owner.apiVersion, kind: owner.kind, namespace, name: owner.name };
    if (owner.kind !== 'ReplicaSet') return ref;
    if (this.#ownersOfSets.has(owner.uid)) return this.#ownersOfSets.get(owner.uid);
    const set = await this.get<ReplicatedObject>(ref).catch((error: unknown) => {
      if (isAppError(error) && error.code === 'NOT_FOUND') return undefined;
      throw error;
    });
    const above = (set?.metadata.ownerReferences ?? []).find(({ controller }) => controller);
    const found = above && { apiVersion: above.apiVersion, kind: above.kind, namespace, name: above.name };
    if (this.#ownersOfSets.size >= maxRemembered) this.#ownersOfSets.clear();
    if (set) this.#ownersOfSets.set(owner.uid, found);
    return found;
  }

  async get<T extends KubeObject>(ref: ObjectRef): Promise<T> {
    const path = await this.#pathOf(ref);
    return this.#connection.json<T>({ what: `the reading of ${nameOf(ref)}`, verb: 'get', path });
  }

  async list<T extends KubeObject>(resource: Resource, selection: Selection = {}): Promise<ObjectList<T>> {
    if (selection.namespace !== undefined || !resource.namespaced || this.namespaces.length === 0) {
      return this.#listOne(resource, selection);
    }
    const parts: ObjectList<T>[] = [];
    for (const namespace of this.namespaces) parts.push(await this.#listOne(resource, { ...selection, namespace }));
    return { items: parts.flatMap(({ items }) => items), resourceVersion: parts[0]?.resourceVersion ?? '' };
  }

  async #listOne<T extends KubeObject>(
    resource: Resource,
    selection: Selection,
    signal?: AbortSignal,
  ): Promise<ObjectList<T>> {
    const items: T[] = [];
    let next: string | undefined;
    for (let page = 0; page < maxPages; page++) {
      const answer = await this.#connection.json<{
        items?: T[] | null;
        metadata?: { resourceVersion?: string; continue?: string };
      }>({
        what: `the list of ${resource.plural}`,
        verb: 'list',
        path: pathOf(resource, selection),
        query: {
          limit: pageSize,
          continue: next,
          labelSelector: selection.labelSelector,
          fieldSelector: selection.fieldSelector,
        },
        signal,
      });
      items.push(...(answer.items ?? []));
      next = answer.metadata?.continue === '' ? undefined : answer.metadata?.continue;
      if (next === undefined) return { items, resourceVersion: answer.metadata?.resourceVersion ?? '' };
    }
    throw new AppError(
      'QUERY_LIMIT',
      `The cluster ${this.name} has more than ${maxPages * pageSize} ${resource.plural}.`,
      {
        help: 'Narrow it to some namespaces under kubernetes.clusters in the configuration.',
      },
    );
  }

  create<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    const { namespace = '', name } = object.metadata;
    return this.#connection.json<T>({
      ...{
        what: `the creation of ${resource.kind} ${namespace}/${name}`,
        verb: 'create',
        method: 'POST',
        body: object,
      },
      path: pathOf(resource, { namespace }),
      query: { fieldManager },
    });
  }

  replace<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    const { namespace = '', name } = object.metadata;
    return this.#connection.json<T>({
      ...{ what: `the update of ${resource.kind} ${namespace}/${name}`, verb: 'update', method: 'PUT', body: object },
      path: pathOf(resource, { namespace, name }),
      query: { fieldManager },
    });
  }

  async remove(ref: ObjectRef): Promise<void> {
    const path = await this.#pathOf(ref);
    await this.#connection.text({ what: `the removal of ${nameOf(ref)}`, verb: 'delete', method: 'DELETE', path });
  }

  async patch<T extends KubeObject>(ref: ObjectRef, { type, body, force, dryRun, signal }: PatchRequest): Promise<T> {
    return this.#connection.json<T>({
      ...{ what: `the patch of ${nameOf(ref)}`, verb: 'patch', method: 'PATCH', body, signal },
      path: await this.#pathOf(ref),
      contentType: mediaTypes[type],
      query: {
        fieldManager,
        force: type === 'apply' && force ? true : undefined,
        dryRun: dryRun ? 'All' : undefined,
      },
    });
  }

  async readScale(ref: ObjectRef, signal?: AbortSignal): Promise<Scale> {
    const path = await this.#pathOf(ref, 'scale');
    const what = `the reading of the scale of ${nameOf(ref)}`;
    return scaleFrom(await this.#connection.json<ScaleObject>({ what, verb: 'get', path, signal }));
  }

  async scale(
    ref: ObjectRef,
    replicas: number,
    options: { resourceVersion?: string; dryRun?: boolean; signal?: AbortSignal } = {},
  ): Promise<Scale> {
    const { resourceVersion, dryRun, signal } = options;
    const metadata = resourceVersion === undefined ? {} : { metadata: { resourceVersion } };
    const scale = await this.#connection.json<ScaleObject>({
      ...{ what: `the scaling of ${nameOf(ref)}`, verb: 'patch', method: 'PATCH', signal },
      path: await this.#pathOf(ref, 'scale'),
      contentType: mediaTypes.merge,
      body: { ...metadata, spec: { replicas } },
      query: { fieldManager, dryRun: dryRun ? 'All' : undefined },
    });
    return scaleFrom(scale);
  }

  watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncGenerator<WatchEvent<T>, void, void> {
    return watchCollection<T>(resource, options, {
      cluster: this.name,
      connection: this.#connection,
      clock: this.#parts.clock,
      metrics: this.#parts.metrics,
      list: (of, selection, signal) => this.#listOne(of, selection, signal),
    });
  }

  mirror<T extends KubeObject>(resource: Resource, options: MirrorOptions<T> = {}): Mirror<T> {
    const isNarrowed = resource.namespaced && options.namespace === undefined && this.namespaces.length > 0;
    return new CollectionMirror<T>(resource, options, {
      cluster: this.name,
      namespaces: isNarrowed ? this.namespaces : [options.namespace],
      clock: this.#parts.clock,
      metrics: this.#parts.metrics,
      onTrouble: (error) => this.#trouble(error, `The watch of ${resource.plural} is interrupted`),
      watch: (of, how) => this.watch(of, how),
    });
  }

  async logs(pod: { namespace: string; name: string }, query: LogQuery = {}): Promise<string> {
    const { container, previous, tailLines, sinceSeconds, limitBytes = 262_144, signal } = query;
    return this.#connection.text({
      ...{ what: `the logs of the pod ${pod.namespace}/${pod.name}`, verb: 'logs', accept: 'text/plain, */*', signal },
      path: pathOf(resources.pods, { ...pod, subresource: 'log' }),
      query: { container, previous, tailLines, sinceSeconds, limitBytes },
      maxBytes: limitBytes * 2 + 65_536,
    });
  }

  async events(about: { namespace: string; kind: string; name: string }): Promise<KubeEvent[]> {
    const { items } = await this.#listOne<KubeEvent>(resources.events, {
      namespace: about.namespace,
      fieldSelector: `involvedObject.kind=${about.kind},involvedObject.name=${about.name}`,
    });
    const at = (event: KubeEvent) => event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '';
    return items.sort((a, b) => at(a).localeCompare(at(b)));
  }

  lease(options: LeaseOptions): LeaderLease {
    return new ClusterLease(this, options, {
      clock: this.#parts.clock,
      onTrouble: (error) => this.#trouble(error, 'The lease could not be renewed'),
    });
  }

  async may({ group, verb, resource, subresource, namespace, name }: AccessQuestion): Promise<AccessAnswer> {
    const { status } = await this.#connection.json<{ status?: { allowed?: boolean; reason?: string } }>({
      ...{ what: `the question whether ${verb} of ${resource} is allowed`, verb: 'create', method: 'POST' },
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { group, verb, resource, subresource, namespace, name } },
      },
    });
    return { allowed: status?.allowed === true, reason: status?.reason ?? '' };
  }

  async resourceOf(apiVersion: string, kind: string): Promise<Resource> {
    const known = knownResource(apiVersion, kind);
    if (known) return known;
    let discovered = this.#discovered.get(apiVersion);
    if (!discovered) {
      discovered = this.#discover(apiVersion);
      this.#discovered.set(apiVersion, discovered);
      // What failed is asked again; the number of groups that the configuration names bounds the map.
      discovered.catch(() => this.#discovered.delete(apiVersion));
    }
    const found = (await discovered).find((resource) => resource.kind === kind);
    if (found) return found;
    this.#discovered.delete(apiVersion);
    throw new AppError('NOT_FOUND', `The cluster ${this.name} has no kind ${kind} in ${apiVersion}.`, {
      help: 'Install its definition, or take it out of kubernetes.clusters.resources.',
    });
  }

  async #discover(apiVersion: string): Promise<Resource[]> {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { resources: listed = [] } = await this.#connection.json<{
      resources?: { name: string; kind: string; namespaced: boolean }[];
    }>({ what: `the kinds of ${apiVersion}`, verb: 'get', path });
    return listed
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => ({ apiVersion, kind, plural: name, namespaced }));
  }

  /** A kind that is not installed scales nothing; one that may not be read could, so that this is an error. */
  async #autoscalers(namespace: string | undefined): Promise<Autoscalers> {
    const selection = namespace === undefined ? {} : { namespace };
    const read = async (resource: Resource): Promise<Autoscaler[]> => {
      try {
        return (await this.list<Autoscaler>(resource, selection)).items;
      } catch (error) {
        if (isAppError(error) && error.code === 'NOT_FOUND') return [];
        throw error;
      }
    };
    const [hpas, scaledObjects, vpas] = await Promise.all([
      read(resources.horizontalPodAutoscalers),
      read(resources.scaledObjects),
      read(resources.verticalPodAutoscalers),
    ]);
    return { hpas, scaledObjects, vpas };
  }

  async #pathOf(ref: ObjectRef, subresource?: string): Promise<string> {
    const { apiVersion, kind, namespace, name } = ref;
    const resource = await this.resourceOf(apiVersion, kind);
    return pathOf(resource, { namespace, name, ...(subresource === undefined ? {} : { subresource }) });
  }

  #trouble(error: unknown, what: string): void {
    this.#parts.log.warn({ err: error, cluster: this.name }, `${what}; it is taken up again`);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

function nameOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** Items of a list carry neither kind nor version. */
function refOf(object: KubeObject, { apiVersion, kind }: Resource): ObjectRef {
  return { apiVersion, kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

function workloadFrom(
  ref: ObjectRef,
  object: ReplicatedObject,
  scalers: Autoscalers,
  names: Pick<ClusterSettings, 'labels' | 'teams'>,
): Workload {
  const { metadata, spec, status } = object;
  return {
    ref,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    replicas: spec.replicas ?? 1,
    readyReplicas: status?.readyReplicas ?? 0,
    selector: spec.selector?.matchLabels ?? {},
    ...(spec.template === undefined ? {} : { template: spec.template }),
    owners: ownershipOf(ref, object, scalers),
    belongsTo: belongingOf(ref, object, names),
  };
}

/** By the labels of the object, then of its pods, then by its namespace. */
function belongingOf(
  { namespace }: ObjectRef,
  { metadata, spec }: ReplicatedObject,
  { labels, teams }: Pick<ClusterSettings, 'labels' | 'teams'>,
): Workload['belongsTo'] {
  const all = [metadata.labels ?? {}, spec.template?.metadata?.labels ?? {}];
  const named = (names: readonly string[]) =>
    all.flatMap((own) => names.map((name) => own[name])).find((value) => value !== undefined && value !== '');
  const [team, product] = [named(labels.team) ?? teams[namespace], named(labels.product)];
  return { ...(team === undefined ? {} : { team }), ...(product === undefined ? {} : { product }) };
}

function scaleFrom({ metadata, spec, status }: ScaleObject): Scale {
  return {
    replicas: spec?.replicas ?? 0,
    currentReplicas: status?.replicas ?? 0,
    resourceVersion: metadata.resourceVersion ?? '',
    selector: status?.selector ?? '',
  };
}
