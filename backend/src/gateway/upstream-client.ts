import { Pool } from 'undici';
import type { GatewayProvider } from './gateway-settings.ts';
import { credentialSource } from './providers/bedrock/aws-credentials-client.ts';
import { awsSignature } from './providers/bedrock/aws-signature.ts';
import type { ProviderKind } from './providers/provider-kind.ts';
import { providerKinds } from './providers/provider-kinds.ts';
import { Exchange, type StopSignal, type UpstreamAnswer } from './upstream-answer.ts';

/** A provider that is ready to be called. */
export interface Upstream {
  name: string;
  kind: ProviderKind;
  region: string | undefined;
  /** @throws what undici throws where the provider cannot be reached; its error statuses are answers */
  post(path: string, headers: Record<string, string>, body: string, stop: StopSignal): Promise<UpstreamAnswer>;
  close(): Promise<void>;
}

/** Proves a request: the headers that it goes with. */
type Proof = (path: string, body: string) => Promise<Record<string, string>>;

const connectMs = 5_000;
/** A provider that says nothing for so long in the middle of an answer has stalled. */
const silenceMs = 120_000;

/**
 * Opens a pool of connections to a provider of the configuration: retries and time limits are the gateway's own.
 * @returns undefined where a variable of its keys is not set: the provider is left out
 */
export function openUpstream(settings: GatewayProvider, environment: NodeJS.ProcessEnv): Upstream | undefined {
  const kind = providerKinds[settings.kind];
  const key = settings.apiKeyVariable === undefined ? undefined : environment[settings.apiKeyVariable];
  if (settings.apiKeyVariable !== undefined && (key === undefined || key === '')) return undefined;
  const base = new URL(addressOf(settings, kind));
  const proof = key === undefined ? proofOf(settings, kind, base.host, environment) : undefined;
  if (proof === 'missing') return undefined;
  const prefix = base.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  const pool = new Pool(base.origin, {
    connections: settings.maxConnections,
    pipelining: 1,
    connect: { timeout: connectMs },
    headersTimeout: 0,
    bodyTimeout: silenceMs,
  });
  const own = { ...kind.headers(key), 'content-type': 'application/json' };
  const send = (
    path: string,
    headers: Record<string, string>,
    body: string,
    stop: StopSignal,
  ): Promise<UpstreamAnswer> => {
    const exchange = new Exchange(stop);
    const request = { path: prefix + path, method: 'POST' as const, headers: { ...headers, ...own }, body };
    if (!exchange.isEnded) pool.dispatch(request, exchange);
    return exchange.answer;
  };
  return {
    name: settings.name,
    kind,
    region: settings.region,
    post: !proof
      ? send
      : async (path, headers, body, stop) =>
          send(path, { ...headers, ...(await proof(prefix + path, body)) }, body, stop),
    close: () => pool.close(),
  };
}

function addressOf({ url, aws }: GatewayProvider, kind: ProviderKind): string {
  if (url !== undefined) return url;
  return typeof kind.url === 'function' ? kind.url(aws!.region) : kind.url!;
}

/** @returns undefined where the kind takes no signature; `missing` where a variable that it needs is not set */
function proofOf(
  { aws }: GatewayProvider,
  kind: ProviderKind,
  host: string,
  environment: NodeJS.ProcessEnv,
): Proof | 'missing' | undefined {
  if (kind.isSigned !== true || !aws) return undefined;
  const credentials = credentialSource(aws, environment);
  if (!credentials) return 'missing';
  return async (path, body) => {
    const request = { method: 'POST', host, path, body, headers: { 'content-type': 'application/json' } };
    return awsSignature(request, await credentials(), { region: aws.region, service: 'bedrock' }, Date.now());
  };
}
