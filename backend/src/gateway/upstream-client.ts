import { Pool, type Dispatcher } from 'undici';
import type { GatewayProvider } from './gateway-settings.ts';
import { providerKinds, type ProviderKind } from './providers/provider-kind.ts';

/** A provider that is ready to be called. */
export interface Upstream {
  name: string;
  kind: ProviderKind;
  region: string | undefined;
  /** @throws what undici throws where the provider cannot be reached; its error statuses are answers */
  post(
    path: string,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

const connectMs = 5_000;
/** A provider that says nothing for so long in the middle of an answer has stalled. */
const silenceMs = 120_000;

/**
 * Opens a pool of connections to a provider of the configuration: retries and time limits are the gateway's own.
 * @returns undefined where the variable of its key is not set: the provider is left out
 */
export function openUpstream(settings: GatewayProvider, environment: NodeJS.ProcessEnv): Upstream | undefined {
  const kind = providerKinds[settings.kind];
  const key = settings.apiKeyVariable === undefined ? undefined : environment[settings.apiKeyVariable];
  if (settings.apiKeyVariable !== undefined && (key === undefined || key === '')) return undefined;
  const url = settings.url ?? kind.url!;
  const base = new URL(url);
  const prefix = base.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  const pool = new Pool(base.origin, {
    connections: settings.maxConnections,
    pipelining: 1,
    connect: { timeout: connectMs },
    headersTimeout: 0,
    bodyTimeout: silenceMs,
  });
  const own = kind.headers(key);
  return {
    name: settings.name,
    kind,
    region: settings.region,
    post: (path, headers, body, signal) =>
      pool.request({
        path: prefix + path,
        method: 'POST',
        headers: { ...headers, ...own, 'content-type': 'application/json' },
        body,
        signal,
      }),
    close: () => pool.close(),
  };
}
