import type * as SdkModule from '@azure/storage-blob';
import type { StoragePipelineOptions } from '@azure/storage-blob';
import { AppError } from '../../platform/errors/index.ts';
import type { AzureTokens } from './azure-token-client.ts';
import { ObjectChanged, answerTimeoutMs, tries, type ObjectStore, type StoredObject } from './object-store.ts';
import type { AzureStoreSettings } from './settings.ts';

type Sdk = typeof SdkModule;
type Container = InstanceType<Sdk['ContainerClient']>;

/** Where the service's own identity is shown: a token that another host is handed could be used by it. */
const azureHosts =
  /^https:\/\/[a-z0-9-]+(?:\.z\d+)?\.blob\.(?:core\.windows\.net|storage\.azure\.net|core\.usgovcloudapi\.net|core\.chinacloudapi\.cn)\/?$/;

interface AzureAccess {
  secret: (name: string) => string;
  /** The identity that the service itself has. */
  identity: AzureTokens;
}

/**
 * A container of Azure Blob Storage. Credentials: connection string, account key or shared access signature, else the
 * service's own identity.
 */
export async function openAzureStore(
  settings: AzureStoreSettings,
  access: AzureAccess,
  more: StoragePipelineOptions = {},
): Promise<ObjectStore> {
  const sdk = await import('@azure/storage-blob');
  const container = containerClient(sdk, settings, access, more);
  return {
    place: `the container ${settings.container}${settings.account === undefined ? '' : ` of the storage account ${settings.account}`}`,
    list: (prefix, signal) => list(container, prefix, signal),
    read: async (key, version, signal) => {
      const answer = await container
        .getBlobClient(key)
        .download(0, undefined, { abortSignal: signal, conditions: { ifMatch: version }, maxRetryRequests: tries })
        .catch((error: unknown) => {
          throw (error as { statusCode?: number }).statusCode === 412 ? new ObjectChanged(key) : error;
        });
      return answer.readableStreamBody as unknown as AsyncIterable<Uint8Array>;
    },
  };
}

function containerClient(
  sdk: Sdk,
  settings: AzureStoreSettings,
  { secret, identity }: AzureAccess,
  more: StoragePipelineOptions,
): Container {
  const options = { ...more, retryOptions: { maxTries: tries, tryTimeoutInMs: answerTimeoutMs, retryDelayInMs: 200 } };
  const { account, connectionString, accountKey, sasToken } = settings;
  if (connectionString !== undefined)
    return sdk.BlobServiceClient.fromConnectionString(secret(connectionString), options).getContainerClient(
      settings.container,
    );
  const base = settings.endpoint ?? (account === undefined ? undefined : `https://${account}.blob.core.windows.net`);
  if (base === undefined)
    throw incomplete('Name the storage account, its endpoint or the secret of a connection string.');
  if (accountKey !== undefined) {
    if (account === undefined) throw incomplete('An account key needs the name of its storage account.');
    const credential = new sdk.StorageSharedKeyCredential(account, secret(accountKey));
    return new sdk.BlobServiceClient(base, credential, options).getContainerClient(settings.container);
  }
  const service = (address: string, credential: InstanceType<Sdk['AnonymousCredential']> | AzureTokens) =>
    new sdk.BlobServiceClient(address, credential, options).getContainerClient(settings.container);
  if (sasToken !== undefined)
    return service(`${base}?${secret(sasToken).replace(/^\?/, '')}`, new sdk.AnonymousCredential());
  if (settings.anonymous === true) return service(base, new sdk.AnonymousCredential());
  if (!azureHosts.test(base))
    throw incomplete(
      'The identity of the service is shown to Azure’s own hosts only. Name the secret of an account key or a shared access signature, or set `anonymous` for a public container.',
    );
  return service(base, identity);
}

async function* list(container: Container, prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
  for await (const blob of container.listBlobsFlat({ prefix, abortSignal: signal }))
    yield {
      key: blob.name,
      version: blob.properties.etag,
      bytes: blob.properties.contentLength ?? 0,
      modified: blob.properties.lastModified.toISOString(),
    };
}

function incomplete(help: string): AppError {
  return new AppError('UNPROCESSABLE', 'The settings of Azure Blob Storage are incomplete.', { help });
}
