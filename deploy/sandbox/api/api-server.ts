import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { discoveryOf } from './discovery.ts';
import {
  ApiError,
  apiVersionOf,
  builtInKinds,
  type ApiObject,
  type Json,
  type JsonObject,
  type ResourceKind,
} from './object.ts';
import { conflict, type ObjectStore } from './object-store.ts';
import { jsonPatch, mergePatch, strategicPatch } from './patch.ts';
import { judge, masters, refusal, type Attributes, type User } from './rbac.ts';
import { readScale, writeScale } from './scale.ts';
import { fieldTest, labelTest } from './selectors.ts';
import { WatchStream } from './watch-stream.ts';

export interface ApiServerOptions {
  store: ObjectStore;
  /** Milliseconds of the cluster's own time. */
  now(): number;
  /** Who a bearer token stands for. Without any, everybody may do everything. */
  tokens?: Readonly<Record<string, User>>;
  kinds?: readonly ResourceKind[];
  tls?: { key: string; cert: string };
  /** Log of a container. @throws ApiError */
  logs(pod: ApiObject, query: LogQuery): string;
  /** Looks at what is to be written: fills in what is missing, refuses what is wrong. */
  admit?(kind: ResourceKind, object: ApiObject, before: ApiObject | undefined): ApiObject;
  /** Addresses that are not of the API, e.g. metrics. False: not mine. */
  more?(request: IncomingMessage, url: URL, response: ServerResponse): boolean | Promise<boolean>;
  /** What is to be done after each write, e.g. let controllers run. */
  onWrite?(): void;
}

export interface LogQuery {
  container?: string | undefined;
  previous: boolean;
  tailLines?: number | undefined;
  sinceSeconds?: number | undefined;
  limitBytes?: number | undefined;
}

interface Target {
  kind: ResourceKind;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

interface Call extends Target {
  method: string;
  url: URL;
  user: User;
  body: Buffer;
  contentType: string;
}

const anybody: User = { name: 'system:admin', groups: [masters] };
const maxBody = 3 * 1024 * 1024;
/** Kinds of add-ons know no strategic merge, as custom resources do not. */
const strategicGroups = new Set(['', 'apps', 'autoscaling', 'coordination.k8s.io', 'rbac.authorization.k8s.io']);

/** An API server over HTTP(S), as far as controllers use one. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #kinds: ResourceKind[];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<WatchStream>();
  #isAway = false;
  /** Calls of each verb and resource, e.g. `patch deployments`: what tests look at. */
  readonly calls = new Map<string, number>();

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#kinds = [...builtInKinds, ...(options.kinds ?? [])];
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.#handle(request, response);
    this.#server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle);
    this.#server.on('connection', (socket: Socket) => {
      if (this.#isAway) return void socket.destroy();
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    options.store.listen((change) => {
      for (const watch of this.#watches) watch.offer(change);
    });
  }

  async listen(port = 0, host = '127.0.0.1'): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    const { port: bound } = this.#server.address() as AddressInfo;
    return `${this.#options.tls ? 'https' : 'http'}://${host}:${bound}`;
  }

  kind(plural: string, group?: string): ResourceKind {
    const found = this.#kinds.find((kind) => kind.plural === plural && (group === undefined || kind.group === group));
    if (!found) throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
    return found;
  }

  /** Time has passed: watches tell how far they are, or end. */
  tick(): void {
    for (const watch of this.#watches) watch.tick(this.#options.now());
  }

  get watching(): number {
    return this.#watches.size;
  }

  /** Nobody reaches the server until it is told so again. */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    if (isAway) for (const socket of this.#sockets) socket.destroy();
  }

  /** Cuts every watch off in the middle, as a load balancer does. */
  dropWatches(): void {
    for (const watch of this.#watches) watch.cut();
  }

  async close(): Promise<void> {
    this.dropWatches();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', 'http://cluster');
      if (await this.#options.more?.(request, url, response)) return;
      const user = this.#userOf(request);
      if (url.pathname === '/version') return answer(response, 200, { major: '1', minor: '33', gitVersion: 'v1.33.0' });
      if (/^\/(healthz|readyz|livez)$/.test(url.pathname)) return void response.writeHead(200).end('ok');
      const body = await bodyOf(request);
      if (url.pathname === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews') {
        return answer(response, 201, this.#review(user, body));
      }
      const discovery = discoveryOf(url.pathname, this.#kinds);
      if (discovery) return answer(response, 200, discovery);
      const target = this.#targetOf(url.pathname);
      const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
      const call: Call = { ...target, method: request.method ?? 'GET', url, user, body, contentType };
      this.#serve(call, response);
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      const failure =
        error instanceof ApiError ? error : new ApiError(500, 'InternalError', `Internal error: ${String(error)}`);
      answer(response, failure.code, failure.body());
    }
  }

  #userOf(request: IncomingMessage): User {
    const { tokens } = this.#options;
    if (!tokens) return anybody;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const user = token === undefined ? undefined : tokens[token];
    if (!user) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    return user;
  }

  #targetOf(path: string): Target {
    const match =
      /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))(?:\/namespaces\/(?<namespace>[^/]+)(?=\/[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<sub>[^/]+))?)?$/.exec(
        path,
      )?.groups ?? {};
    const { group = '', version = match.core, namespace, plural, name, sub } = match;
    const kind = this.#kinds.find(
      (one) =>
        one.group === group && one.version === version && one.plural === plural && (one.namespaced || !namespace),
    );
    // `/namespaces/x/status` and the like are no collections of a namespace.
    if (!kind) throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
    const decoded = (part: string | undefined) => (part === undefined ? undefined : decodeURIComponent(part));
    return { kind, namespace: decoded(namespace), name: decoded(name), subresource: decoded(sub) };
  }

  #review(user: User, body: Buffer): object {
    const review = parsed(body) as { spec?: { resourceAttributes?: Attributes } };
    const asked = review.spec?.resourceAttributes;
    if (!asked) throw new ApiError(400, 'BadRequest', 'spec.resourceAttributes is required');
    const named = asked.namespace === '' ? { ...asked, namespace: undefined } : asked;
    const status = judge(this.#options.store, this.#rbacKinds(), user, named);
    return {
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: {},
      spec: review.spec,
      status,
    };
  }

  #rbacKinds() {
    return {
      roles: this.kind('roles'),
      bindings: this.kind('rolebindings'),
      clusterRoles: this.kind('clusterroles'),
      clusterBindings: this.kind('clusterrolebindings'),
    };
  }

  #serve(call: Call, response: ServerResponse): void {
    const { kind, name, namespace, subresource, method, url } = call;
    const isWatch = name === undefined && ['true', '1'].includes(url.searchParams.get('watch') ?? '');
    const verb = verbOf(method, name !== undefined, isWatch);
    const what = `${verb} ${kind.plural}${subresource === undefined ? '' : `/${subresource}`}`;
    this.calls.set(what, (this.calls.get(what) ?? 0) + 1);
    const asked = { verb, group: kind.group, resource: kind.plural, subresource, namespace, name };
    if (!judge(this.#options.store, this.#rbacKinds(), call.user, asked).allowed) {
      throw new ApiError(403, 'Forbidden', refusal(call.user, asked), { name, group: kind.group, kind: kind.plural });
    }
    if (isWatch) return this.#watch(call, response);
    if (subresource === 'log') return this.#log(call, response);
    const [code, object] = this.#object(call);
    answer(response, code, object);
  }

  #object(call: Call): [number, object] {
    const { store } = this.#options;
    const { kind, namespace, name, subresource, method } = call;
    if (name === undefined) return method === 'POST' ? [201, this.#create(call)] : [200, this.#list(call)];
    const present = () => store.get(kind, namespace, name);
    if (subresource === 'scale' && !kind.scales) {
      throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
    }
    switch (method) {
      case 'GET':
        return [200, subresource === 'scale' ? readScale(kind, present()) : present()];
      case 'PUT':
        return [200, this.#write(call, present(), parsed(call.body))];
      case 'PATCH':
        return this.#patch(call);
      case 'DELETE': {
        if (call.url.searchParams.get('dryRun') === 'All') return [200, present()];
        const removed = store.remove(kind, namespace, name);
        this.#options.onWrite?.();
        return [200, removed];
      }
      default:
        throw new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
    }
  }

  #list({ kind, namespace, url }: Call): object {
    const { store } = this.#options;
    const limit = Number(url.searchParams.get('limit') ?? '0');
    const matches = selection(url);
    let version = store.version;
    let after = '';
    const token = url.searchParams.get('continue') ?? '';
    if (token !== '') {
      const state = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as { version: number; after: string };
      ({ version, after } = state);
      // A page of a list that is forgotten already would leave a gap.
      store.since(version, kind);
    }
    const keyOf = ({ metadata }: ApiObject) => `${metadata.namespace ?? ''}/${metadata.name}`;
    const rest = store
      .list(kind, namespace)
      .filter((object) => matches(object) && keyOf(object) > after)
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const items = limit > 0 ? rest.slice(0, limit) : rest;
    const last = items.at(-1);
    const next =
      last && rest.length > items.length
        ? Buffer.from(JSON.stringify({ version, after: keyOf(last) })).toString('base64url')
        : '';
    return {
      kind: `${kind.kind}List`,
      apiVersion: apiVersionOf(kind),
      metadata: {
        resourceVersion: String(version),
        ...(next === '' ? {} : { continue: next, remainingItemCount: rest.length - items.length }),
      },
      items,
    };
  }

  #create(call: Call): ApiObject {
    const { store, admit } = this.#options;
    const given = parsed(call.body) as unknown as ApiObject;
    const namespace = call.kind.namespaced ? (call.namespace ?? given.metadata?.namespace ?? 'default') : undefined;
    if (call.name === undefined && given.metadata?.name === undefined && given.metadata === undefined) {
      throw new ApiError(422, 'Invalid', 'metadata.name: Required value: name or generateName is required');
    }
    const object = { ...given, metadata: { ...given.metadata, ...(namespace === undefined ? {} : { namespace }) } };
    const admitted = admit?.(call.kind, object, undefined) ?? object;
    const created = store.create(call.kind, admitted, writeOptions(call));
    this.#options.onWrite?.();
    return created;
  }

  #write(call: Call, before: ApiObject, body: Json): object {
    const { store, admit } = this.#options;
    const { kind, subresource } = call;
    if (subresource === 'scale') {
      const after = writeScale(kind, before, body as JsonObject);
      const written = store.update(kind, admit?.(kind, after, before) ?? after, writeOptions(call));
      this.#options.onWrite?.();
      return readScale(kind, written);
    }
    const given = body as unknown as ApiObject;
    const metadata = { ...before.metadata, ...given.metadata, resourceVersion: given.metadata?.resourceVersion ?? '' };
    // The status of an object is written apart from the rest of it.
    const after: ApiObject =
      subresource === 'status'
        ? {
            ...before,
            metadata: { ...before.metadata, resourceVersion: metadata.resourceVersion },
            status: given.status,
          }
        : { ...given, apiVersion: before.apiVersion, kind: before.kind, metadata, ...statusOf(before) };
    const written = store.update(kind, admit?.(kind, after, before) ?? after, writeOptions(call));
    this.#options.onWrite?.();
    return written;
  }

  #patch(call: Call): [number, object] {
    const { store } = this.#options;
    const { kind, namespace, name = '', contentType, subresource, url } = call;
    const body = parsed(call.body);
    if (contentType === 'application/apply-patch+yaml') return this.#apply(call, body);
    const before = store.get(kind, namespace, name);
    const target = (subresource === 'scale' ? readScale(kind, before) : before) as unknown as Json;
    const asked = (body as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion;
    if (asked !== undefined && asked !== before.metadata.resourceVersion) throw conflict(kind, name);
    const after = patched(kind, contentType, target, body);
    const given = after as unknown as ApiObject;
    const unversioned = { ...given, metadata: { ...given.metadata, resourceVersion: '' } };
    return [200, this.#write({ ...call, url }, before, unversioned as unknown as Json)];
  }

  #apply(call: Call, body: Json): [number, object] {
    const { store, admit } = this.#options;
    const { kind, namespace, name = '', url } = call;
    const manager = url.searchParams.get('fieldManager');
    if (manager === null || manager === '') {
      throw new ApiError(400, 'BadRequest', 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value');
    }
    const { dryRun } = writeOptions(call);
    const before = store.find(kind, namespace, name);
    if (!before) {
      const given = body as unknown as ApiObject;
      const object = {
        ...given,
        metadata: { ...given.metadata, name, ...(namespace === undefined ? {} : { namespace }) },
      };
      const created = store.create(kind, admit?.(kind, object, undefined) ?? object, {
        manager,
        dryRun,
      });
      if (!dryRun) store.ownersOf(created).apply(manager, body, body, true);
      this.#options.onWrite?.();
      return [201, created];
    }
    const owners = store.ownersOf(before);
    if (!dryRun) owners.apply(manager, before as unknown as Json, body, url.searchParams.get('force') === 'true');
    const merged = strategicPatch(before as unknown as Json, body) as unknown as ApiObject;
    const after = { ...merged, metadata: { ...merged.metadata, resourceVersion: '' }, ...statusOf(before) };
    const written = store.update(kind, admit?.(kind, after, before) ?? after, { manager, dryRun, applied: true });
    this.#options.onWrite?.();
    return [200, written];
  }

  #watch({ kind, namespace, url }: Call, response: ServerResponse): void {
    const { store, now } = this.#options;
    const from = url.searchParams.get('resourceVersion') ?? '';
    const stream = new WatchStream(response, {
      now: now(),
      kind,
      namespace,
      matches: selection(url),
      bookmarks: ['true', '1'].includes(url.searchParams.get('allowWatchBookmarks') ?? ''),
      timeoutMs: Number(url.searchParams.get('timeoutSeconds') ?? '1800') * 1000,
      version: () => store.version,
      onEnd: () => this.#watches.delete(stream),
    });
    const isFromNow = from === '' || from === '0';
    try {
      const missed = isFromNow ? [] : store.since(Number(from), kind);
      stream.begin();
      if (isFromNow) {
        for (const object of store.list(kind, namespace)) {
          stream.offer({ version: store.version, kind, type: 'ADDED', object });
        }
      }
      for (const change of missed) stream.offer(change);
      this.#watches.add(stream);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // A server tells this in the stream, under a good status.
      stream.begin();
      stream.fail(error);
    }
  }

  #log({ kind, namespace, name = '', url }: Call, response: ServerResponse): void {
    const pod = this.#options.store.get(kind, namespace, name);
    const number = (key: string) => (url.searchParams.has(key) ? Number(url.searchParams.get(key)) : undefined);
    const text = this.#options.logs(pod, {
      container: url.searchParams.get('container') ?? undefined,
      previous: url.searchParams.get('previous') === 'true',
      tailLines: number('tailLines'),
      sinceSeconds: number('sinceSeconds'),
      limitBytes: number('limitBytes'),
    });
    response.writeHead(200, { 'content-type': 'text/plain' }).end(text);
  }
}

function verbOf(method: string, isOne: boolean, isWatch: boolean): string {
  switch (method) {
    case 'GET':
      return isOne ? 'get' : isWatch ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
    default:
      throw new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  }
}

function patched(kind: ResourceKind, contentType: string, target: Json, body: Json): Json {
  switch (contentType) {
    case 'application/json-patch+json':
      return jsonPatch(target, body);
    case 'application/merge-patch+json':
      return mergePatch(target, body);
    case 'application/strategic-merge-patch+json':
      if (strategicGroups.has(kind.group)) return strategicPatch(target, body);
  }
  const known = 'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';
  throw new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${known}`,
  );
}

function selection(url: URL): (object: ApiObject) => boolean {
  const labels = labelTest(url.searchParams.get('labelSelector'));
  const fields = fieldTest(url.searchParams.get('fieldSelector'));
  return (object) => labels(object) && fields(object);
}

function writeOptions({ url }: Call): { manager: string; dryRun: boolean } {
  return {
    manager: url.searchParams.get('fieldManager') ?? 'unknown',
    dryRun: url.searchParams.get('dryRun') === 'All',
  };
}

function statusOf({ status }: ApiObject): { status?: unknown } {
  return status === undefined ? {} : { status };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBody) throw new ApiError(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function parsed(body: Buffer): Json {
  try {
    return JSON.parse(body.toString('utf8')) as Json;
  } catch (error) {
    throw new ApiError(400, 'BadRequest', `the body is no JSON: ${(error as Error).message}`);
  }
}

function answer(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
