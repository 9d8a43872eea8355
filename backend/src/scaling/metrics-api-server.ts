import { readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Config } from '../platform/config/index.ts';
import { AppError } from '../platform/errors/index.ts';
import { wholeTenant, type Scope } from '../platform/identity/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import { metricGroup, metricName, metricResources, metricValues, workloadOf } from './external-metric.ts';

export type MetricsApiSettings = NonNullable<Config['scaling']['metricsApi']>;

interface Parts {
  required(namespace: string, name: string, scope: Scope): Promise<{ replicas: number; at: Date } | undefined>;
  log: Pick<Logger, 'info' | 'warn'>;
}

const base = `/apis/${metricGroup}`;
const perMetric = new RegExp(`^${base}/namespaces/([^/]{1,63})/([^/]{1,300})$`);
/** Certificates are renewed while the service runs. */
const renewEveryMs = 60_000;
const limits = { connections: 64, headersMs: 10_000, requestMs: 15_000 };

/**
 * The external metrics API for the aggregation layer of Kubernetes: TLS with a certificate of our own, and only for who shows a
 * client certificate of the aggregator (`requestheader-client-ca-file`). Who may ask is judged by kube-apiserver before.
 */
export class MetricsApiServer {
  readonly #settings: MetricsApiSettings;
  readonly #parts: Parts;
  #server: Server | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #read = '';

  constructor(settings: MetricsApiSettings, parts: Parts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /** @throws AppError UNPROCESSABLE naming the file that cannot be read, or why the port cannot be had */
  async start(): Promise<number> {
    const { host, port } = this.#settings;
    const server = createServer(
      { ...this.#certificates(), requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
      (request, response) => void this.#answer(request, response),
    );
    server.maxConnections = limits.connections;
    server.headersTimeout = limits.headersMs;
    server.requestTimeout = limits.requestMs;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(new AppError('UNPROCESSABLE', `scaling.metricsApi cannot listen on ${host}:${port}: ${error.message}`)),
      );
      server.listen(port, host, resolve);
    });
    this.#server = server;
    this.#renewal = setInterval(() => this.#renew(), renewEveryMs).unref();
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    clearInterval(this.#renewal);
    const server = this.#server;
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  #certificates(): { cert: Buffer; key: Buffer; ca: Buffer } {
    const { certFile, keyFile, clientCaFile } = this.#settings;
    const [cert, key, ca] = [certFile, keyFile, clientCaFile].map(contentOf) as [Buffer, Buffer, Buffer];
    this.#read = this.#stamp();
    return { cert, key, ca };
  }

  #stamp(): string {
    const { certFile, keyFile, clientCaFile } = this.#settings;
    return [certFile, keyFile, clientCaFile].map((file) => statSync(file).mtimeMs).join(' ');
  }

  #renew(): void {
    try {
      if (this.#stamp() === this.#read) return;
      this.#server?.setSecureContext({ ...this.#certificates(), minVersion: 'TLSv1.2' });
      this.#parts.log.info({}, 'The certificates of the metrics API were renewed');
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'The certificates of the metrics API cannot be read; the old ones stay');
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    try {
      const { CN: name = '' } = (request.socket as TLSSocket).getPeerCertificate().subject;
      const { clientNames, tenant } = this.#settings;
      if (clientNames.length > 0 && ![name].flat().some((one) => clientNames.includes(one))) {
        return send(403, failure(403, 'Forbidden', `the client certificate of ${String(name)} is not accepted`));
      }
      const url = new URL(request.url ?? '/', 'https://metrics');
      if (request.method !== 'GET') return send(405, failure(405, 'MethodNotAllowed', 'metrics are only read'));
      if (url.pathname === base) return send(200, metricResources());
      const [, namespace, metric] = perMetric.exec(url.pathname) ?? [];
      if (namespace === undefined || metric !== metricName) {
        return send(404, failure(404, 'NotFound', `there is no ${url.pathname}; the metric is ${metricName}`));
      }
      const workload = workloadOf(url.searchParams.get('labelSelector') ?? undefined);
      const required =
        workload === undefined ? undefined : await this.#parts.required(namespace, workload, wholeTenant(tenant));
      send(200, metricValues(workload, required));
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'The metrics API could not answer');
      send(500, failure(500, 'InternalError', 'it could not be looked up; the log of the service says why'));
    }
  }
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new AppError('UNPROCESSABLE', `scaling.metricsApi: ${file} cannot be read: ${(error as Error).message}`, {
      help: 'Mount the certificate there, or leave scaling.metricsApi out.',
    });
  }
}

/** A failure as Kubernetes' clients read it. */
function failure(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message, code };
}
