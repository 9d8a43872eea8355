import { ApiServer } from './api/api-server.ts';
import type { ApiObject, ResourceKind } from './api/object.ts';
import { ObjectStore, type NewObject } from './api/object-store.ts';
import type { User } from './api/rbac.ts';
import { admit, checkQuota, tellQuotas } from './cluster/admission.ts';
import { DeploymentController } from './cluster/deployment-controller.ts';
import { EventRecorder } from './cluster/event-recorder.ts';
import { HorizontalPodAutoscaler, hpaEveryMs } from './cluster/horizontal-pod-autoscaler.ts';
import type { Image } from './cluster/image.ts';
import { controllerOf, isReady, kinds, type PodObject } from './cluster/kinds.ts';
import { Kubelet, type PodRun } from './cluster/kubelet.ts';
import { StatefulSetController } from './cluster/stateful-set-controller.ts';
import { exposition, samplesOf } from './load/exposition.ts';
import { MetricHistory } from './load/metric-history.ts';
import { answerQuery } from './load/query-api.ts';
import { TrafficSource, type Traffic, type WorkloadCounters } from './load/traffic.ts';

export interface SandboxOptions {
  /** The cluster's clock begins here; epoch milliseconds. */
  start: number;
  /** The world moves by steps of so many milliseconds. Default 1000. */
  stepMs?: number;
  /** What the images do, by their whole reference, e.g. `shop/web:1.0`. Others cannot be pulled. */
  images?: Readonly<Record<string, Image>>;
  /** Default: one with 16 cores and 32 GiB. */
  nodes?: readonly { name: string; cpu: string; memory: string; labels?: Record<string, string> }[];
  tokens?: Readonly<Record<string, User>>;
  kinds?: readonly ResourceKind[];
  tls?: { key: string; cert: string };
  /** Changes that are remembered for watches; older ones are answered with 410. */
  historySize?: number;
  /** Keep metrics for the query endpoint. Default true. */
  metrics?: boolean;
  /** So long they are kept. Default 26 hours. */
  keptMetricsMs?: number;
}

const scrapeEveryMs = 15_000;
const maxRounds = 12;

/** A cluster in this process: API server, controllers, nodes, traffic and metrics, under a clock that the owner moves. */
export class Sandbox {
  readonly api: ApiServer;
  readonly store: ObjectStore;
  readonly kubelet: Kubelet;
  readonly traffic: TrafficSource;
  readonly #images = new Map<string, Image>();
  readonly #downServices = new Set<string>();
  readonly #controllers: { reconcile(): void }[];
  readonly #events: EventRecorder;
  readonly #hpa: HorizontalPodAutoscaler;
  readonly #history: MetricHistory;
  readonly #options: SandboxOptions;
  #now: number;
  #settledAt = -1;

  constructor(options: SandboxOptions) {
    this.#options = options;
    this.#now = options.start;
    this.#history = new MetricHistory(options.keptMetricsMs);
    const now = () => this.#now;
    this.store = new ObjectStore({ now, ...(options.historySize ? { historySize: options.historySize } : {}) });
    this.#events = new EventRecorder(this.store, now);
    for (const [reference, image] of Object.entries(options.images ?? {})) this.#images.set(reference, image);
    this.kubelet = new Kubelet({
      ...{ store: this.store, events: this.#events, now },
      image: (reference) => this.#images.get(reference),
      reaches: (service, namespace) => this.#reaches(service, namespace),
    });
    const parts = {
      ...{ store: this.store, events: this.#events, now },
      checkQuota: (namespace: string, template: Parameters<typeof checkQuota>[2]) =>
        checkQuota(this.store, namespace, template),
    };
    this.#controllers = [new DeploymentController(parts), new StatefulSetController(parts)];
    this.#hpa = new HorizontalPodAutoscaler({ store: this.store, kubelet: this.kubelet, events: this.#events, now });
    this.traffic = new TrafficSource(this.kubelet, workloadOf);
    this.api = new ApiServer({
      ...{ store: this.store, now, admit },
      ...(options.tokens ? { tokens: options.tokens } : {}),
      ...(options.kinds ? { kinds: options.kinds } : {}),
      ...(options.tls ? { tls: options.tls } : {}),
      logs: (pod, query) => this.kubelet.logs(pod, query),
      more: async (request, url, response) => {
        if (url.pathname === '/metrics') {
          response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(this.metrics());
          return true;
        }
        return answerQuery(request, url, response, { history: this.#history, now });
      },
    });
    for (const { name, cpu, memory, labels } of options.nodes ?? [{ name: 'node-1', cpu: '16', memory: '32Gi' }]) {
      const amounts = { cpu, memory, pods: '110' };
      this.store.create(kinds.nodes, {
        metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
        spec: {},
        status: { capacity: amounts, allocatable: amounts, conditions: [{ type: 'Ready', status: 'True' }] },
      });
    }
  }

  now(): number {
    return this.#now;
  }

  /** Makes or replaces what an image does: containers that start from now on see it. */
  image(reference: string, image: Image): void {
    this.#images.set(reference, image);
  }

  /** Creates an object, or puts it in the place of the one of that name. */
  apply(plural: string, object: NewObject): ApiObject {
    const kind = this.api.kind(plural);
    const { name = '', namespace = 'default' } = object.metadata;
    const present = this.store.find(kind, kind.namespaced ? namespace : undefined, name);
    const admitted = admit(kind, object as ApiObject, present);
    if (!present) return this.store.create(kind, admitted, { manager: 'kubectl' });
    const metadata = { ...present.metadata, ...object.metadata, resourceVersion: '' };
    return this.store.update(kind, { ...present, ...admitted, metadata }, { manager: 'kubectl' });
  }

  /** A Deployment in a few words: what `kubectl create deployment` would make, with limits. */
  deploy(spec: {
    namespace: string;
    name: string;
    image: string;
    replicas?: number;
    memory?: string;
    cpu?: string;
    env?: Readonly<Record<string, string>>;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    nodeSelector?: Record<string, string>;
  }): ApiObject {
    const { namespace, name, image, replicas = 1, memory = '256Mi', cpu = '1', env = {}, nodeSelector } = spec;
    const limits = { memory, cpu };
    return this.apply('deployments', {
      metadata: {
        ...{ namespace, name, labels: { app: name, ...spec.labels } },
        ...(spec.annotations ? { annotations: spec.annotations } : {}),
      },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            ...(nodeSelector ? { nodeSelector } : {}),
            containers: [
              {
                ...{ name: 'main', image },
                env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
                resources: { limits, requests: { memory, cpu: '100m' } },
              },
            ],
          },
        },
      },
    });
  }

  /** Requests for a workload, from now on. */
  serve(traffic: Traffic): void {
    this.traffic.set(traffic);
  }

  /** What became of the requests of a workload since the beginning. */
  counters(namespace: string, workload: string): WorkloadCounters | undefined {
    return this.traffic.of(namespace, workload);
  }

  /** A service, in the cluster or outside, that nobody reaches until it is up again. */
  setDown(service: string, isDown: boolean): void {
    if (isDown) this.#downServices.add(service);
    else this.#downServices.delete(service);
  }

  pods(namespace: string, workload?: string): PodObject[] {
    return (this.store.list(kinds.pods, namespace) as PodObject[]).filter(
      (pod) => workload === undefined || workloadOf({ pod }) === workload,
    );
  }

  /** Lets `ms` of the cluster's time pass, step by step. */
  advance(ms: number): void {
    const { stepMs = 1_000 } = this.#options;
    for (let left = ms; left > 0; left -= stepMs) this.#step(Math.min(stepMs, left));
  }

  #step(dtMs: number): void {
    const before = this.#now;
    this.#now += dtMs;
    this.#settle();
    this.traffic.step(this.#now, dtMs);
    this.kubelet.step(dtMs);
    this.#settle();
    const passes = (everyMs: number) => Math.floor(before / everyMs) !== Math.floor(this.#now / everyMs);
    if (passes(hpaEveryMs)) this.#hpa.step();
    if (passes(scrapeEveryMs) && this.#options.metrics !== false) this.#history.scrape(this.#now, this.#samples());
    if (passes(60_000)) this.#events.forgetOld();
    this.api.tick();
  }

  /** Controllers work until none has anything left to do. */
  #settle(): void {
    for (let round = 0; round < maxRounds && this.store.version !== this.#settledAt; round++) {
      this.#settledAt = this.store.version;
      for (const controller of this.#controllers) controller.reconcile();
      this.kubelet.sync();
      tellQuotas(this.store);
    }
  }

  #reaches(service: string, namespace: string): boolean {
    if (this.#downServices.has(service)) return false;
    const pods = this.pods(namespace, service);
    // What is not of the cluster is taken to be there.
    return pods.length === 0 ? !this.#isDeployed(service, namespace) : pods.some(isReady);
  }

  #isDeployed(name: string, namespace: string): boolean {
    return [kinds.deployments, kinds.statefulSets].some((kind) => this.store.find(kind, namespace, name) !== undefined);
  }

  #samples() {
    return samplesOf({ kubelet: this.kubelet, traffic: this.traffic, workloadOf });
  }

  metrics(): string {
    return exposition(this.#samples());
  }

  listen(port?: number): Promise<string> {
    return this.api.listen(port);
  }

  close(): Promise<void> {
    return this.api.close();
  }
}

/** Deployment or StatefulSet of a pod: a ReplicaSet is called after its Deployment. */
function workloadOf({ pod }: Pick<PodRun, 'pod'>): string | undefined {
  const owner = controllerOf(pod);
  if (!owner) return undefined;
  return owner.kind === 'ReplicaSet' ? owner.name.slice(0, owner.name.lastIndexOf('-')) : owner.name;
}
