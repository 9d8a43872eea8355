import type * as SdkModule from '@aws-sdk/client-s3';
import { ObjectChanged, answerTimeoutMs, tries, type ObjectStore, type StoredObject } from './object-store.ts';
import type { S3StoreSettings } from './settings.ts';

type Sdk = typeof SdkModule;
type Client = InstanceType<Sdk['S3Client']>;

/** A bucket of S3 or of a compatible store. Credentials: the named secrets, else the SDK's default chain. */
export async function openS3Store(settings: S3StoreSettings, secret: (name: string) => string): Promise<ObjectStore> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = createClient(sdk, settings, secret);
  const Bucket = settings.bucket;
  const payer = settings.requesterPays ? ({ RequestPayer: 'requester' } as const) : {};
  return {
    place: `the bucket s3://${Bucket}`,
    close: () => client.destroy(),
    list: (prefix, signal) => list(sdk, client, { Bucket, Prefix: prefix, ...payer }, signal),
    read: async (key, version, signal) => {
      const command = new sdk.GetObjectCommand({ Bucket, Key: key, IfMatch: version, ...payer });
      const answer = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        throw (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 412
          ? new ObjectChanged(key)
          : error;
      });
      if (answer.Body === undefined) throw new ObjectChanged(key);
      // In Node the body is a Readable.
      return answer.Body as unknown as AsyncIterable<Uint8Array>;
    },
  };
}

function createClient(sdk: Sdk, settings: S3StoreSettings, secret: (name: string) => string): Client {
  const { accessKeyId, secretAccessKey, sessionToken } = settings;
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : {
          accessKeyId: secret(accessKeyId),
          secretAccessKey: secret(secretAccessKey),
          ...(sessionToken === undefined ? {} : { sessionToken: secret(sessionToken) }),
        };
  return new sdk.S3Client({
    // A compatible store takes any region; AWS sends a wrong one on to the right one.
    region: settings.region ?? 'us-east-1',
    followRegionRedirects: settings.endpoint === undefined,
    forcePathStyle: settings.pathStyle ?? settings.endpoint !== undefined,
    maxAttempts: tries,
    requestHandler: { connectionTimeout: 10_000, requestTimeout: answerTimeoutMs },
    // Compatible stores do not all know the newer checksums; ETag and length are checked all the same.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

async function* list(
  sdk: Sdk,
  client: Client,
  place: { Bucket: string; Prefix: string; RequestPayer?: 'requester' },
  signal: AbortSignal,
): AsyncGenerator<StoredObject> {
  let token: string | undefined;
  do {
    const page = await client.send(
      new sdk.ListObjectsV2Command({ ...place, ...(token === undefined ? {} : { ContinuationToken: token }) }),
      { abortSignal: signal },
    );
    for (const object of page.Contents ?? [])
      yield {
        key: object.Key ?? '',
        version: object.ETag ?? '',
        bytes: object.Size ?? 0,
        modified: (object.LastModified ?? new Date(0)).toISOString(),
      };
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}
