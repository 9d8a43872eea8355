import type * as SdkModule from '@google-cloud/storage';
import { AppError } from '../../platform/errors/index.ts';
import { ObjectChanged, answerTimeoutMs, tries, type ObjectStore, type StoredObject } from './object-store.ts';
import type { GcsStoreSettings } from './settings.ts';

type Sdk = typeof SdkModule;
type Bucket = ReturnType<InstanceType<Sdk['Storage']>['bucket']>;

/** A bucket of Google Cloud Storage. Credentials: the named key of a service account, else the SDK's default ones. */
export async function openGcsStore(settings: GcsStoreSettings, secret: (name: string) => string): Promise<ObjectStore> {
  const sdk = await import('@google-cloud/storage');
  const storage = new sdk.Storage({
    // A project is needed only to pay for requests; without a name the SDK would look for one on the network.
    projectId: settings.projectId ?? 'amadeus',
    timeout: answerTimeoutMs,
    retryOptions: { autoRetry: true, maxRetries: tries - 1, maxRetryDelay: 2 },
    ...(settings.endpoint === undefined ? {} : { apiEndpoint: settings.endpoint }),
    ...(settings.credentials === undefined ? {} : { credentials: serviceAccount(secret(settings.credentials)) }),
  });
  const bucket = storage.bucket(
    settings.bucket,
    settings.projectId === undefined ? {} : { userProject: settings.projectId },
  );
  return {
    place: `the bucket gs://${settings.bucket}`,
    list: (prefix, signal) => list(bucket, prefix, signal),
    read: async (key, version, signal) => {
      const stream = bucket.file(key, { generation: version }).createReadStream({ validation: false });
      signal.addEventListener('abort', () => stream.destroy(signal.reason as Error), { once: true });
      return generationOf(stream as AsyncIterable<Uint8Array>, key);
    },
  };
}

/** A generation that is gone was replaced: that is a change and no missing bucket. */
async function* generationOf(bytes: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw (error as { code?: unknown }).code === 404 ? new ObjectChanged(key) : error;
  }
}

async function* list(bucket: Bucket, prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
  let pageToken: string | undefined;
  do {
    signal.throwIfAborted();
    const [files, next] = await bucket.getFiles({
      prefix,
      autoPaginate: false,
      maxResults: 1000,
      ...(pageToken === undefined ? {} : { pageToken }),
    });
    for (const { name, metadata } of files)
      yield {
        key: name,
        version: String(metadata.generation ?? metadata.etag ?? ''),
        bytes: Number(metadata.size ?? 0),
        modified: new Date(metadata.updated ?? 0).toISOString(),
      };
    pageToken = (next as { pageToken?: string } | null | undefined)?.pageToken;
  } while (pageToken !== undefined);
}

function serviceAccount(json: string): { client_email: string; private_key: string } {
  try {
    const { client_email, private_key } = JSON.parse(json) as { client_email?: unknown; private_key?: unknown };
    if (typeof client_email === 'string' && typeof private_key === 'string') return { client_email, private_key };
  } catch {
    // Told below; the parser's words would hold part of the secret.
  }
  throw new AppError('UNPROCESSABLE', 'The secret for Google Cloud Storage is not the JSON key of a service account.', {
    help: 'Create a JSON key for a service account that may read the bucket and store the whole file as the secret.',
  });
}
