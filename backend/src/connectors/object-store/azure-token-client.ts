import { readFile } from 'node:fs/promises';
import type { SourceContext } from '../../anycost/index.ts';
import { AppError } from '../../platform/errors/index.ts';

/** What `@azure/storage-blob` takes for a credential: it asks again when a token is about to expire. */
export interface AzureTokens {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number }>;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Access = Pick<SourceContext, 'outgoing' | 'clock' | 'signal'>;

const timeoutMs = 15_000;
/** Where every virtual machine of Azure asks for its identity. */
const machine = 'http://169.254.169.254';
/** A JSON answer is a token of a few KiB. */
const maxBytes = 256 * 1024;

/**
 * The identity that the service itself has in Azure, found as Azure's SDKs find it: a service principal of the environment
 * (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET), workload identity (AZURE_FEDERATED_TOKEN_FILE instead of the
 * secret), the managed identity of App Service and its kin (IDENTITY_ENDPOINT, IDENTITY_HEADER), that of the virtual machine.
 * The protocols are those of https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow and
 * https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 */
export function azureIdentity(environment: Environment, access: Access): AzureTokens {
  return {
    getToken: async (scopes) => {
      const [scope = ''] = [scopes].flat();
      const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE } = environment;
      const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = environment;
      if (AZURE_TENANT_ID && AZURE_CLIENT_ID && (AZURE_CLIENT_SECRET || AZURE_FEDERATED_TOKEN_FILE))
        return principalToken(environment, access, scope);
      const asked = { scope, clientId: AZURE_CLIENT_ID };
      if (IDENTITY_ENDPOINT && IDENTITY_HEADER)
        return managedToken(access, IDENTITY_ENDPOINT, {
          ...asked,
          version: '2019-08-01',
          headers: { 'X-IDENTITY-HEADER': IDENTITY_HEADER },
        });
      const host = environment['AZURE_POD_IDENTITY_AUTHORITY_HOST'] ?? machine;
      const address = `${host.replace(/\/+$/, '')}/metadata/identity/oauth2/token`;
      return managedToken(access, address, { ...asked, version: '2018-02-01', headers: { Metadata: 'true' } });
    },
  };
}

/** By a secret, or by the token that the cluster signed for the service. */
async function principalToken(environment: Environment, access: Access, scope: string) {
  const { AZURE_TENANT_ID = '', AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE } = environment;
  const authority = (environment['AZURE_AUTHORITY_HOST'] ?? 'https://login.microsoftonline.com').replace(/\/+$/, '');
  const proof: Record<string, string> = AZURE_CLIENT_SECRET
    ? { client_secret: AZURE_CLIENT_SECRET }
    : {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await federatedToken(AZURE_FEDERATED_TOKEN_FILE ?? ''),
      };
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: AZURE_CLIENT_ID, scope, ...proof });
  const url = `${authority}/${encodeURIComponent(AZURE_TENANT_ID)}/oauth2/v2.0/token`;
  return askedToken(access, 'Microsoft Entra ID', url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
}

/** It is renewed in place, so it is read each time. */
async function federatedToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new AppError('UPSTREAM_FAILED', 'The token file of the workload identity cannot be read.', {
      help: 'AZURE_FEDERATED_TOKEN_FILE names it; check the service account and its label azure.workload.identity/use.',
      cause: error,
    });
  }
}

/** From an address of the machine itself, which calls reach only where the configuration lists it. */
async function managedToken(
  access: Access,
  address: string,
  asked: { scope: string; clientId: string | undefined; version: string; headers: Record<string, string> },
) {
  const url = new URL(address);
  url.searchParams.set('api-version', asked.version);
  url.searchParams.set('resource', asked.scope.replace(/\/\.default$/, ''));
  // Of several identities the one that is meant; the only one needs no name.
  if (asked.clientId) url.searchParams.set('client_id', asked.clientId);
  try {
    return await askedToken(access, 'The managed identity endpoint', url.href, { headers: asked.headers });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'FORBIDDEN') throw error;
    throw new AppError('FORBIDDEN', 'The managed identity of the machine may not be asked for.', {
      help: `List ${url.host} under outgoing.allow in the configuration of the service, or name the secret of an account key, a connection string or a shared access signature in the settings.`,
      cause: error,
    });
  }
}

/** Words of the answer are left out: they may carry parts of what was sent. */
async function askedToken(
  { outgoing, clock, signal }: Access,
  who: string,
  url: string,
  request: { method?: 'POST'; headers: Record<string, string>; body?: string },
) {
  // A token changes nothing, so that asking again is safe.
  const { status, body } = await outgoing.request(url, { ...request, attempts: 3, timeoutMs, maxBytes, signal });
  const answer = parsed(body.toString('utf8'));
  const token = answer['access_token'];
  if (status !== 200 || typeof token !== 'string' || token === '') {
    const code =
      typeof answer['error'] === 'string' && /^[\w.-]{1,60}$/.test(answer['error']) ? ` (${answer['error']})` : '';
    throw new AppError('UPSTREAM_FAILED', `${who} gave no token: it answered ${status}${code}.`, {
      help: 'Check the identity of the service (AZURE_TENANT_ID, AZURE_CLIENT_ID and the secret or federation), or name the secret of a key, a connection string or a shared access signature in the settings.',
    });
  }
  const seconds = Number(answer['expires_in']);
  const at = Number(answer['expires_on']) * 1000;
  const expiresOnTimestamp = Number.isFinite(seconds) ? clock.now().getTime() + seconds * 1000 : at;
  return {
    token,
    expiresOnTimestamp: Number.isFinite(expiresOnTimestamp) ? expiresOnTimestamp : clock.now().getTime(),
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
