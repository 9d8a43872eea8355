import { randomUUID } from 'node:crypto';
import { FieldOwners } from './field-owners.ts';
import { ApiError, apiVersionOf, type ApiObject, type Json, type Meta, type ResourceKind } from './object.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface StoredChange {
  version: number;
  kind: ResourceKind;
  type: ChangeType;
  object: ApiObject;
}

/** What is to be kept: the rest of its metadata is the store's to give. */
export type NewObject = Omit<ApiObject, 'apiVersion' | 'kind' | 'metadata'> & {
  metadata: Partial<Meta> & { name?: string; generateName?: string };
};

export interface WriteOptions {
  manager?: string;
  /** Judged, and not kept. */
  dryRun?: boolean;
}

/**
 * All objects of a cluster, each with the version of its last change, and the last changes for those who watch: who asks
 * for changes older than those is told 410, as by a server whose etcd was compacted.
 */
export class ObjectStore {
  readonly #collections = new Map<string, Map<string, ApiObject>>();
  readonly #owners = new Map<string, FieldOwners>();
  readonly #listeners = new Set<(change: StoredChange) => void>();
  readonly #historySize: number;
  readonly #now: () => number;
  #history: StoredChange[] = [];
  #version = 1;
  #oldest = 1;

  constructor(options: { now(): number; historySize?: number }) {
    this.#now = options.now;
    this.#historySize = options.historySize ?? 10_000;
  }

  get version(): number {
    return this.#version;
  }

  list(kind: ResourceKind, namespace?: string): ApiObject[] {
    const all = [...this.#of(kind).values()];
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  find(kind: ResourceKind, namespace: string | undefined, name: string): ApiObject | undefined {
    return this.#of(kind).get(keyOf(kind, namespace, name));
  }

  /** @throws ApiError 404 */
  get(kind: ResourceKind, namespace: string | undefined, name: string): ApiObject {
    const found = this.find(kind, namespace, name);
    if (found) return found;
    const group = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
    throw new ApiError(404, 'NotFound', `${group} "${name}" not found`, { name, kind: kind.plural });
  }

  /** @throws ApiError 409 AlreadyExists */
  create(kind: ResourceKind, object: NewObject, { manager = 'sandbox', dryRun = false }: WriteOptions = {}): ApiObject {
    const { generateName, ...given } = object.metadata;
    const name = given.name ?? `${generateName ?? ''}${suffix()}`;
    const namespace = kind.namespaced ? (given.namespace ?? 'default') : undefined;
    if (this.find(kind, namespace, name)) {
      throw new ApiError(409, 'AlreadyExists', `${kind.plural} "${name}" already exists`, { name, kind: kind.plural });
    }
    const created: ApiObject = {
      ...object,
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: {
        ...given,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        uid: randomUUID(),
        resourceVersion: '',
        ...(object.spec === undefined ? {} : { generation: 1 }),
        creationTimestamp: second(this.#now()),
      },
    };
    if (dryRun) return created;
    const owners = new FieldOwners();
    owners.update(manager, undefined, asJson(created));
    this.#owners.set(created.metadata.uid, owners);
    return this.#put(kind, created, 'ADDED');
  }

  /**
   * Puts a new form of an object in its place; the same form changes nothing. @throws ApiError 404, or 409 where the form
   * carries a version that is not the present one
   */
  update(kind: ResourceKind, object: ApiObject, options: WriteOptions & { applied?: boolean } = {}): ApiObject {
    const { manager = 'sandbox', dryRun = false, applied = false } = options;
    const { name, namespace } = object.metadata;
    const before = this.get(kind, namespace, name);
    if (object.metadata.resourceVersion !== '' && object.metadata.resourceVersion !== before.metadata.resourceVersion) {
      throw conflict(kind, name);
    }
    const { uid, creationTimestamp, resourceVersion, generation } = before.metadata;
    const isNewSpec = JSON.stringify(object.spec) !== JSON.stringify(before.spec);
    const after: ApiObject = {
      ...object,
      metadata: {
        ...object.metadata,
        uid,
        creationTimestamp,
        resourceVersion,
        ...(generation === undefined ? {} : { generation: generation + (isNewSpec ? 1 : 0) }),
      },
    };
    const { managedFields: _a, ...old } = before.metadata;
    const { managedFields: _b, ...now } = after.metadata;
    const isSame =
      JSON.stringify({ ...before, metadata: old }) === JSON.stringify({ ...after, metadata: { ...old, ...now } }) &&
      Object.keys(old).length === Object.keys(now).length;
    if (dryRun || isSame) return isSame ? before : after;
    if (!applied) this.#owners.get(uid)?.update(manager, asJson(before), asJson(after));
    return this.#put(kind, after, 'MODIFIED');
  }

  /** Alters the present form of an object; nothing where it is gone. Keeps what a conflict would be about to the caller. */
  change<T extends ApiObject>(kind: ResourceKind, object: T, alter: (draft: T) => void): T | undefined {
    const present = this.find(kind, object.metadata.namespace, object.metadata.name);
    if (present?.metadata.uid !== object.metadata.uid) return undefined;
    const draft = structuredClone(present) as T;
    alter(draft);
    return this.update(kind, draft, { manager: 'kube-controller-manager' }) as T;
  }

  /** Who wrote which of its fields. */
  ownersOf(object: ApiObject): FieldOwners {
    const owners = this.#owners.get(object.metadata.uid) ?? new FieldOwners();
    this.#owners.set(object.metadata.uid, owners);
    return owners;
  }

  remove(kind: ResourceKind, namespace: string | undefined, name: string): ApiObject {
    const object = this.get(kind, namespace, name);
    this.#of(kind).delete(keyOf(kind, namespace, name));
    this.#owners.delete(object.metadata.uid);
    return this.#note(kind, object, 'DELETED');
  }

  /** Changes after that version. @throws ApiError 410 where some of them are forgotten */
  since(version: number, kind: ResourceKind): StoredChange[] {
    if (version < this.#oldest - 1) {
      throw new ApiError(410, 'Expired', `too old resource version: ${version} (${this.#oldest})`);
    }
    return this.#history.filter((change) => change.version > version && isSameKind(change.kind, kind));
  }

  /** Forgets all changes up to now: every watch that comes back must list again. */
  compact(): void {
    this.#history = [];
    this.#version += 1;
    this.#oldest = this.#version + 1;
  }

  listen(listener: (change: StoredChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #put(kind: ResourceKind, object: ApiObject, type: ChangeType): ApiObject {
    const kept = this.#note(kind, object, type);
    this.#of(kind).set(keyOf(kind, kept.metadata.namespace, kept.metadata.name), kept);
    return kept;
  }

  #note(kind: ResourceKind, object: ApiObject, type: ChangeType): ApiObject {
    this.#version += 1;
    const managedFields = this.#owners.get(object.metadata.uid)?.managedFields(object.apiVersion);
    const kept: ApiObject = {
      ...object,
      metadata: {
        ...object.metadata,
        resourceVersion: String(this.#version),
        ...(managedFields && managedFields.length > 0 ? { managedFields } : {}),
      },
    };
    this.#history.push({ version: this.#version, kind, type, object: kept });
    if (this.#history.length > this.#historySize * 1.2) {
      this.#history = this.#history.slice(-this.#historySize);
      this.#oldest = this.#history[0]?.version ?? this.#version;
    }
    for (const listener of this.#listeners) listener({ version: this.#version, kind, type, object: kept });
    return kept;
  }

  #of(kind: ResourceKind): Map<string, ApiObject> {
    const key = `${kind.group}/${kind.plural}`;
    const found = this.#collections.get(key) ?? new Map<string, ApiObject>();
    this.#collections.set(key, found);
    return found;
  }
}

export function conflict(kind: ResourceKind, name: string): ApiError {
  const group = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
  return new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${group} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    { name, kind: kind.plural },
  );
}

export function isSameKind(a: ResourceKind, b: ResourceKind): boolean {
  return a.plural === b.plural && a.group === b.group;
}

/** Times of the API have whole seconds. */
export function second(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

function keyOf(kind: ResourceKind, namespace: string | undefined, name: string): string {
  return kind.namespaced ? `${namespace ?? ''}/${name}` : name;
}

function suffix(): string {
  return randomUUID().replaceAll('-', '').slice(0, 5);
}

function asJson(object: ApiObject): Json {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata } as unknown as Json;
}
