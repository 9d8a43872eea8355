/**
 * Access to clusters of Kubernetes for the rooms that watch and act: scaling and healing. Objects are plain JSON as the API
 * serves it (times are RFC 3339 texts, quantities are texts such as `500m` or `256Mi`), typed as far as they are read here.
 */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  ownerReferences?: readonly OwnerReference[];
  managedFields?: readonly { manager?: string; operation?: string; fieldsV1?: unknown; subresource?: string }[];
}

/** Any object of the API. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

export interface Container {
  name: string;
  image: string;
  resources?: { limits?: Readonly<Record<string, string>>; requests?: Readonly<Record<string, string>> };
  [field: string]: unknown;
}

export interface PodSpec {
  nodeName?: string;
  containers: readonly Container[];
  initContainers?: readonly Container[];
  [field: string]: unknown;
}

export interface PodTemplate {
  metadata?: Omit<Partial<ObjectMeta>, 'name'>;
  spec: PodSpec;
}

interface Terminated {
  exitCode: number;
  reason?: string;
  message?: string;
  startedAt?: string;
  finishedAt?: string;
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: Terminated;
}

export interface ContainerStatus {
  name: string;
  ready: boolean;
  restartCount: number;
  image?: string;
  state?: ContainerState;
  lastState?: ContainerState;
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    startTime?: string;
    conditions?: readonly Condition[];
    containerStatuses?: readonly ContainerStatus[];
    initContainerStatuses?: readonly ContainerStatus[];
  };
}

/** A Deployment, StatefulSet, ReplicaSet or anything else with replicas and a template of pods. */
export interface ReplicatedObject extends KubeObject {
  spec: {
    replicas?: number;
    selector?: { matchLabels?: Readonly<Record<string, string>> };
    template?: PodTemplate;
    [field: string]: unknown;
  };
  status?: {
    replicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    updatedReplicas?: number;
    observedGeneration?: number;
    conditions?: readonly Condition[];
  };
}

export interface KubeEvent extends KubeObject {
  involvedObject: { kind?: string; namespace?: string; name?: string; uid?: string; fieldPath?: string };
  reason?: string;
  message?: string;
  type?: string;
  count?: number;
  firstTimestamp?: string;
  lastTimestamp?: string;
  eventTime?: string;
}

export interface KubeNode extends KubeObject {
  spec?: { unschedulable?: boolean };
  status?: {
    capacity?: Readonly<Record<string, string>>;
    allocatable?: Readonly<Record<string, string>>;
    conditions?: readonly Condition[];
  };
}

export interface ResourceQuota extends KubeObject {
  status?: { hard?: Readonly<Record<string, string>>; used?: Readonly<Record<string, string>> };
}

/** Names one object of a cluster. */
export interface ObjectRef {
  apiVersion: string;
  kind: string;
  /** Empty for what has none, e.g. nodes. */
  namespace: string;
  name: string;
}

/** A collection of the API, e.g. `apps/v1 deployments`. */
export interface Resource {
  apiVersion: string;
  kind: string;
  /** As it stands in addresses, e.g. `deployments`. */
  plural: string;
  namespaced: boolean;
}

export interface Selection {
  /** Only this namespace; all that may be read where absent. */
  namespace?: string;
  /** As in `app=web,tier!=db`. */
  labelSelector?: string;
  fieldSelector?: string;
}

export interface ObjectList<T extends KubeObject> {
  items: T[];
  /** State of the cluster that the list shows: where a watch goes on. */
  resourceVersion: string;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface PatchRequest {
  type: PatchType;
  /** JSON patch operations for `json`, else a part of the object. A `metadata.resourceVersion` in it must still be true. */
  body: unknown;
  /** `apply` takes fields that others manage; without it such fields are a CONFLICT. */
  force?: boolean;
  /** Judged by the cluster (validation, admission, quota), not done. */
  dryRun?: boolean;
  signal?: AbortSignal;
}

export interface Scale {
  /** Wanted, as the object's spec says. */
  replicas: number;
  /** Counted by its controller. */
  currentReplicas: number;
  resourceVersion: string;
  /** Label selector of its pods, as text; empty where the resource tells none. */
  selector: string;
}

/** A unit of scaling and healing: something with replicas, and what speaks for it. */
export interface Workload {
  ref: ObjectRef;
  uid: string;
  resourceVersion: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  replicas: number;
  readyReplicas: number;
  selector: Readonly<Record<string, string>>;
  /** Undefined for custom resources without a pod template. */
  template?: PodTemplate;
  owners: Ownership;
  /** To whom it belongs, as its labels and the settings of the cluster say. */
  belongsTo: { team?: string; product?: string };
}

export type AutoscalerKind = 'hpa' | 'keda' | 'vpa';
export type ManagerKind = 'argo-cd' | 'flux' | 'helm' | 'operator';

/** Who else holds a workload: whoever acts must not fight them. */
export interface Ownership {
  /** Controllers that write its replicas (HPA, KEDA) or its resources (VPA). */
  autoscalers: readonly {
    kind: AutoscalerKind;
    name: string;
    /** False where it only recommends (VPA in the mode Off) or is paused (KEDA). */
    acts: boolean;
    minReplicas?: number;
    maxReplicas?: number;
  }[];
  /** What writes its specification from elsewhere. */
  managers: readonly { kind: ManagerKind; name: string }[];
  /** True where a manager would undo a patch (Argo CD, Flux, an operator): propose to its source instead. */
  gitOps: boolean;
}

export interface LogQuery {
  container?: string;
  /** Of the instance before the last restart. */
  previous?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  /** Default 256 KiB. */
  limitBytes?: number;
  signal?: AbortSignal;
}

export type AccessVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

export interface AccessQuestion {
  verb: AccessVerb;
  /** Of the API group, empty for the core. */
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

export interface AccessAnswer {
  allowed: boolean;
  reason: string;
}

/**
 * What a watch tells. `synced` follows each complete list: what it does not name exists no more. `bookmark` says only that
 * everything up to now was told.
 */
export type WatchEvent<T extends KubeObject> =
  | { type: 'added' | 'modified' | 'deleted'; object: T }
  | { type: 'synced'; objects: readonly T[] }
  | { type: 'bookmark' };

export interface WatchOptions extends Selection {
  signal: AbortSignal;
  /** Told of every loss; the watch goes on by itself, with growing pauses. */
  onTrouble?(error: unknown): void;
}

/** The objects of one collection as last seen, kept up to date by a watch, never more than `maxObjects` of them. */
export interface Mirror<T extends KubeObject> {
  /** By `namespace/name`. */
  readonly objects: ReadonlyMap<string, T>;
  /** When the cluster last said something (an event, a bookmark, a list); undefined before the first list. */
  readonly freshAt: Date | undefined;
  /** Lists and watches until the signal fires. Call it once. */
  run(signal: AbortSignal): Promise<void>;
}

export interface MirrorOptions<T extends KubeObject> extends Selection {
  /** Default 20,000; what is beyond is left out and counted in `amadeus_kubernetes_left_out`. */
  maxObjects?: number;
  /** Called in order, one at a time, awaited: a slow one slows the watch down instead of filling memory. */
  onEvent?(event: WatchEvent<T>): void | Promise<void>;
  /** Keeps less of each object than came: what is not needed costs memory. */
  slim?(object: T): T;
}

/** Leadership of one of several replicas, by a coordination.k8s.io Lease. */
export interface LeaderLease {
  /** Whether this process leads at this moment: the lease is renewed and its time has not run out. */
  isHeld(): boolean;
  /** Strives for the lease until the signal fires, then gives it back. */
  run(signal: AbortSignal): Promise<void>;
}

export interface LeaseOptions {
  namespace: string;
  name: string;
  /** Of this process among those that strive. */
  identity: string;
  /** A holder that has not renewed for this long has lost it. Default 15 s. */
  durationMs?: number;
  /** Default 5 s. */
  renewMs?: number;
}

/**
 * One cluster. Every call throws AppError: NOT_FOUND, CONFLICT (the object has changed, or another manager holds the field),
 * FORBIDDEN (RBAC; the message names verb and resource), UNPROCESSABLE (the cluster refuses the content), RATE_LIMITED,
 * GONE (a resourceVersion or continue token too old), UPSTREAM_FAILED, UPSTREAM_TIMEOUT.
 */
export interface Cluster {
  readonly name: string;
  readonly region: string;
  readonly tenant: string;
  /** Namespaces that are looked at; empty: all. */
  readonly namespaces: readonly string[];

  /** Deployments, StatefulSets and the configured custom resources, with their owners. */
  workloads(selection?: Selection): Promise<Workload[]>;
  /** One workload with its owners, read now. */
  workload(ref: ObjectRef): Promise<Workload>;
  /** The workload that a pod belongs to, through its ReplicaSet; undefined for a bare pod or a Job's. */
  workloadOf(pod: Pod): Promise<ObjectRef | undefined>;

  get<T extends KubeObject>(ref: ObjectRef): Promise<T>;
  /** All pages. */
  list<T extends KubeObject>(resource: Resource, selection?: Selection): Promise<ObjectList<T>>;
  create<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** PUT: the object's resourceVersion must still be true. */
  replace<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  remove(ref: ObjectRef): Promise<void>;
  patch<T extends KubeObject>(ref: ObjectRef, request: PatchRequest): Promise<T>;
  readScale(ref: ObjectRef, signal?: AbortSignal): Promise<Scale>;
  /** With `resourceVersion` only where the object is still as read; else CONFLICT. */
  scale(
    ref: ObjectRef,
    replicas: number,
    options?: { resourceVersion?: string; dryRun?: boolean; signal?: AbortSignal },
  ): Promise<Scale>;
  /**
   * Lists, then watches from there; goes on after a lost connection, lists again after 410. Ends when the signal fires. Where
   * the cluster is narrowed to namespaces, one must be selected; a mirror takes them all.
   */
  watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncGenerator<WatchEvent<T>, void, void>;
  mirror<T extends KubeObject>(resource: Resource, options?: MirrorOptions<T>): Mirror<T>;
  logs(pod: { namespace: string; name: string }, query?: LogQuery): Promise<string>;
  /** Events about one object, newest last. */
  events(about: { namespace: string; kind: string; name: string }): Promise<KubeEvent[]>;
  lease(options: LeaseOptions): LeaderLease;
  may(question: AccessQuestion): Promise<AccessAnswer>;
  /** The resource of a kind: known ones at once, others by discovery. */
  resourceOf(apiVersion: string, kind: string): Promise<Resource>;
}
