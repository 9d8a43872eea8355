import { setTimeout as delay } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { request, type Dispatcher } from 'undici';
import type { ClusterSettings } from '../platform/config/index.ts';
import { AppError, isAppError } from '../platform/errors/index.ts';
import { apiError, type ApiStatus } from './api-error.ts';
import type { ClusterMetrics } from './cluster-metrics.ts';

export interface ApiCall {
  /** Shown in errors, e.g. `patch of Deployment shop/web`. */
  what: string;
  verb: string;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal | undefined;
  /** Bytes of the answer after which the call fails. */
  maxBytes?: number;
}

interface Credentials {
  headers: Record<string, string>;
  dispatcher?: Dispatcher;
  until: number;
}

/** Tokens of service accounts are renewed in their file long before they end. */
const credentialsMs = 60_000;
const readAttempts = 3;
const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * HTTP to one API server. Whom to reach and as whom is the matter of the official client's KubeConfig (kubeconfig files,
 * exec and OIDC credentials, service accounts); the transport is our own, because the official one opens a new connection
 * pool for every call and cannot bound the size of an answer or the pace of a watch.
 */
export class ClusterConnection {
  readonly #settings: ClusterSettings;
  readonly #metrics: ClusterMetrics;
  #config: Promise<{ kube: KubeConfig; server: string }> | undefined;
  #credentials: Credentials | undefined;
  #renewing: Promise<Credentials> | undefined;

  constructor(settings: ClusterSettings, metrics: ClusterMetrics) {
    this.#settings = settings;
    this.#metrics = metrics;
  }

  /** The answer as JSON. Reads are tried three times; what alters the cluster, once. @throws AppError as in Cluster */
  async json<T>(call: ApiCall): Promise<T> {
    const text = await this.text(call);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new AppError('UPSTREAM_FAILED', `The cluster ${this.#settings.name} answered ${call.what} with no JSON.`, {
        cause: error,
      });
    }
  }

  async text(call: ApiCall): Promise<string> {
    const attempts = (call.method ?? 'GET') === 'GET' ? readAttempts : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(call);
      } catch (error) {
        if (attempt >= attempts || !mayPass(error) || call.signal?.aborted) throw error;
        await delay(100 * 2 ** attempt * (0.5 + Math.random()), undefined, call.signal ? { signal: call.signal } : {});
      }
    }
  }

  async #once(call: ApiCall): Promise<string> {
    const limit = AbortSignal.timeout(this.#settings.timeoutMs);
    const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit;
    const response = await this.#send(call, signal);
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response.body) {
        bytes += (chunk as Buffer).length;
        if (bytes > (call.maxBytes ?? maxAnswerBytes)) {
          throw new AppError('QUERY_LIMIT', `The cluster ${this.#settings.name} answered ${call.what} with too much.`, {
            help: 'Narrow it to fewer namespaces under kubernetes.clusters in the configuration.',
          });
        }
        chunks.push(chunk as Buffer);
      }
    } catch (error) {
      throw isAppError(error) ? error : this.#away(call, error, limit);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** The answer as it comes: for watches. The caller reads or destroys the body. */
  async stream(call: ApiCall & { signal: AbortSignal }): Promise<AsyncIterable<Buffer>> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new DOMException('no answer', 'TimeoutError')), this.#settings.timeoutMs);
    try {
      return (await this.#send(call, AbortSignal.any([call.signal, late.signal]), late.signal)).body;
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(call: ApiCall, signal: AbortSignal, limit: AbortSignal = signal): Promise<Dispatcher.ResponseData> {
    const { metrics, name } = { metrics: this.#metrics, name: this.#settings.name };
    let response: Dispatcher.ResponseData;
    try {
      response = await this.#request(call, signal);
      // Credentials that ran out, or were changed, are fetched once more before it is a failure.
      if (response.statusCode === 401) {
        await response.body.dump();
        this.#credentials = undefined;
        response = await this.#request(call, signal);
      }
    } catch (error) {
      metrics.calls.inc({ cluster: name, verb: call.verb, outcome: 'network' });
      throw isAppError(error) ? error : this.#away(call, error, limit);
    }
    metrics.calls.inc({ cluster: name, verb: call.verb, outcome: String(response.statusCode) });
    if (response.statusCode < 400) return response;
    throw apiError(name, call.what, response.statusCode, await statusOf(response));
  }

  async #request(call: ApiCall, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { server } = await this.#kube();
    const { headers, dispatcher } = await this.#currentCredentials();
    const url = new URL(server.replace(/\/$/, '') + call.path);
    for (const [key, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    return request(url, {
      method: call.method ?? 'GET',
      headers: {
        ...headers,
        accept: call.accept ?? 'application/json',
        'user-agent': 'amadeus',
        ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(dispatcher ? { dispatcher } : {}),
      headersTimeout: 0,
      bodyTimeout: 0,
      signal,
    });
  }

  async #kube(): Promise<{ kube: KubeConfig; server: string }> {
    this.#config ??= this.#load().catch((error: unknown) => {
      this.#config = undefined;
      throw error;
    });
    return this.#config;
  }

  async #load(): Promise<{ kube: KubeConfig; server: string }> {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const { name, inCluster, kubeconfig, context, url, token, tokenFile, caFile } = this.#settings;
    const kube = new KubeConfig();
    try {
      if (url !== undefined) {
        const authProvider =
          tokenFile === undefined ? {} : { authProvider: { name: 'tokenFile', config: { tokenFile } } };
        kube.loadFromClusterAndUser(
          { name, server: url, skipTLSVerify: url.startsWith('http:'), ...(caFile === undefined ? {} : { caFile }) },
          { name, ...(token === undefined ? {} : { token }), ...authProvider },
        );
      } else if (kubeconfig !== undefined) {
        kube.loadFromFile(kubeconfig);
        if (context !== undefined) kube.setCurrentContext(context);
      } else if (inCluster) {
        kube.loadFromCluster();
      }
    } catch (error) {
      throw new AppError('UPSTREAM_FAILED', `The cluster ${name} cannot be reached: ${(error as Error).message}.`, {
        help: `Correct ${name} under kubernetes.clusters in the configuration.`,
        cause: error,
      });
    }
    const server = kube.getCurrentCluster()?.server;
    if (server === undefined) {
      throw new AppError('UPSTREAM_FAILED', `The cluster ${name} has no address.`, {
        help: `Give it url, kubeconfig (with a context that exists) or inCluster under kubernetes.clusters.`,
      });
    }
    return { kube, server };
  }

  async #currentCredentials(): Promise<Credentials> {
    const held = this.#credentials;
    if (held && performance.now() < held.until) return held;
    this.#renewing ??= this.#renew(held).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renew(held: Credentials | undefined): Promise<Credentials> {
    const { kube, server } = await this.#kube();
    const { RequestContext, HttpMethod } = await import('@kubernetes/client-node');
    const context = new RequestContext(server, HttpMethod.GET);
    await kube.applySecurityAuthentication(context);
    const headers = context.getHeaders();
    const until = performance.now() + credentialsMs;
    const dispatcher = context.getDispatcher();
    // Where nothing has changed, the connections that are open stay in use.
    if (held && JSON.stringify(held.headers) === JSON.stringify(headers)) {
      void dispatcher?.destroy().catch(() => undefined);
      this.#credentials = { ...held, until };
    } else {
      void held?.dispatcher?.close().catch(() => undefined);
      this.#credentials = { headers, until, ...(dispatcher ? { dispatcher } : {}) };
    }
    return this.#credentials;
  }

  #away(call: ApiCall, error: unknown, limit: AbortSignal): Error {
    if (call.signal?.aborted) return error as Error;
    const { name, timeoutMs } = this.#settings;
    if (limit.aborted) {
      return new AppError(
        'UPSTREAM_TIMEOUT',
        `The cluster ${name} did not answer ${call.what} within ${timeoutMs} ms.`,
        {
          cause: error,
        },
      );
    }
    return new AppError('UPSTREAM_FAILED', `The cluster ${name} cannot be reached: ${(error as Error).message}.`, {
      cause: error,
      help: `Check its address under kubernetes.clusters and the network to it.`,
    });
  }

  async close(): Promise<void> {
    await this.#credentials?.dispatcher?.destroy();
    this.#credentials = undefined;
  }
}

async function statusOf(response: Dispatcher.ResponseData): Promise<ApiStatus> {
  const text = await response.body.text().catch(() => '');
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : { message: text.slice(0, 300) };
  } catch {
    return text === '' ? {} : { message: text.slice(0, 300) };
  }
}

/** Whether the same question may be answered a moment later. */
function mayPass(error: unknown): boolean {
  return isAppError(error) && ['UPSTREAM_FAILED', 'UPSTREAM_TIMEOUT', 'RATE_LIMITED'].includes(error.code);
}
