import type { Clock } from '../platform/clock/index.ts';
import type { ClusterMetrics } from './cluster-metrics.ts';
import type { KubeObject, Mirror, MirrorOptions, Resource, WatchEvent, WatchOptions } from './contract.ts';

const usualMost = 20_000;

interface MirrorParts {
  cluster: string;
  /** Each is watched by itself; `undefined` stands for all. */
  namespaces: readonly (string | undefined)[];
  clock: Clock;
  metrics: ClusterMetrics;
  onTrouble(error: unknown): void;
  watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncGenerator<WatchEvent<T>, void, void>;
}

/** One collection, kept as the cluster last told it. */
export class CollectionMirror<T extends KubeObject> implements Mirror<T> {
  readonly objects = new Map<string, T>();
  readonly #resource: Resource;
  readonly #options: MirrorOptions<T>;
  readonly #parts: MirrorParts;
  /** When each part was last heard of: the collection is as fresh as the stalest. */
  readonly #heard = new Map<string | undefined, number>();
  #leftOut = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(resource: Resource, options: MirrorOptions<T>, parts: MirrorParts) {
    this.#resource = resource;
    this.#options = options;
    this.#parts = parts;
  }

  get freshAt(): Date | undefined {
    const { namespaces } = this.#parts;
    if (namespaces.some((namespace) => !this.#heard.has(namespace))) return undefined;
    return new Date(Math.min(...this.#heard.values()));
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#parts.namespaces.map((namespace) => this.#follow(namespace, signal)));
  }

  async #follow(namespace: string | undefined, signal: AbortSignal): Promise<void> {
    const { labelSelector, fieldSelector } = this.#options;
    const selection = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
    const { watch, onTrouble } = this.#parts;
    for await (const event of watch<T>(this.#resource, { ...selection, signal, onTrouble })) {
      const kept = this.#keep(event, namespace);
      this.#heard.set(namespace, this.#parts.clock.now().getTime());
      // One listener for all namespaces, told one thing at a time.
      this.#turn = this.#turn.then(() => this.#options.onEvent?.(kept));
      await this.#turn;
    }
  }

  #keep(event: WatchEvent<T>, namespace: string | undefined): WatchEvent<T> {
    const slim = this.#options.slim ?? ((object: T) => object);
    switch (event.type) {
      case 'synced': {
        const objects = event.objects.map(slim);
        for (const [key, object] of this.objects) {
          if (namespace === undefined || object.metadata.namespace === namespace) this.objects.delete(key);
        }
        this.#leftOut = 0;
        for (const object of objects) this.#set(object);
        return { type: 'synced', objects };
      }
      case 'deleted':
        this.objects.delete(keyOf(event.object));
        return { type: 'deleted', object: slim(event.object) };
      case 'bookmark':
        return event;
      default: {
        const object = slim(event.object);
        this.#set(object);
        return { type: event.type, object };
      }
    }
  }

  #set(object: T): void {
    const key = keyOf(object);
    if (this.objects.has(key) || this.objects.size < (this.#options.maxObjects ?? usualMost)) {
      this.objects.set(key, object);
    } else {
      this.#leftOut += 1;
    }
    const { metrics, cluster } = this.#parts;
    metrics.leftOut.set({ cluster, resource: this.#resource.plural }, this.#leftOut);
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
