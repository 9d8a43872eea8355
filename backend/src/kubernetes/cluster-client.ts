import type { Clock } from '../platform/clock/index.ts';
import type { ClusterSettings } from '../platform/config/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import { ClusterConnection } from './cluster-connection-client.ts';
import { ClusterKinds } from './cluster-kinds-client.ts';
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
  Resource,
  Scale,
  Selection,
  WatchEvent,
  WatchOptions,
  Workload,
} from './contract.ts';
import { ClusterLease } from './leader-lease.ts';
import { CollectionMirror } from './mirror.ts';
import { pathOf, resources } from './resources.ts';
import { watchCollection } from './watch-reader.ts';
import { WorkloadReader } from './workload-reader.ts';

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
  readonly #connection: ClusterConnection;
  readonly #parts: { clock: Clock; log: Pick<Logger, 'warn'>; metrics: ClusterMetrics };
  readonly #kinds: ClusterKinds;
  readonly #workloads: WorkloadReader;

  constructor(settings: ClusterSettings, parts: { clock: Clock; log: Pick<Logger, 'warn'>; metrics: ClusterMetrics }) {
    this.name = settings.name;
    this.region = settings.region;
    this.tenant = settings.tenant;
    this.namespaces = settings.namespaces;
    this.#parts = parts;
    this.#connection = new ClusterConnection(settings, parts.metrics);
    this.#kinds = new ClusterKinds(settings.name, this.#connection);
    this.#workloads = new WorkloadReader(this, settings, (error, what) => this.#trouble(error, what));
  }

  workloads(selection: Selection = {}): Promise<Workload[]> {
    return this.#workloads.all(selection);
  }

  workload(ref: ObjectRef): Promise<Workload> {
    return this.#workloads.one(ref);
  }

  workloadOf(pod: Pod): Promise<ObjectRef | undefined> {
    return this.#workloads.of(pod);
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

  resourceOf(apiVersion: string, kind: string): Promise<Resource> {
    return this.#kinds.resourceOf(apiVersion, kind);
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

function scaleFrom({ metadata, spec, status }: ScaleObject): Scale {
  return {
    replicas: spec?.replicas ?? 0,
    currentReplicas: status?.replicas ?? 0,
    resourceVersion: metadata.resourceVersion ?? '',
    selector: status?.selector ?? '',
  };
}
