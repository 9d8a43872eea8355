import Type, { type Static } from 'typebox';

const secretName = (of: string) =>
  Type.String({
    minLength: 1,
    maxLength: 200,
    description: `Name of the secret that holds ${of}; never the value itself`,
  });

const endpoint = Type.String({
  pattern: '^https?://',
  maxLength: 500,
  description:
    'Address of a compatible store; without it the provider’s own. Private addresses must be allowed in `outgoing.allow`',
});

const FolderStore = Type.Object(
  {
    type: Type.Literal('folder'),
    path: Type.String({
      minLength: 1,
      maxLength: 1000,
      description: 'Folder on the machine of the service; `sourceFolders` of its configuration has to list it',
    }),
  },
  { additionalProperties: false, title: 'Folder', description: 'A folder of this machine, e.g. a mounted share' },
);

const S3Store = Type.Object(
  {
    type: Type.Literal('s3'),
    bucket: Type.String({ minLength: 1, maxLength: 255, description: 'Name of the bucket' }),
    region: Type.Optional(
      Type.String({ minLength: 1, maxLength: 60, description: 'Region of the bucket, e.g. us-east-1' }),
    ),
    endpoint: Type.Optional(endpoint),
    pathStyle: Type.Optional(
      Type.Boolean({ description: 'Bucket in the path instead of the host name; most compatible stores need it' }),
    ),
    accessKeyId: Type.Optional(secretName('the access key; without it the default chain of the AWS SDK is used')),
    secretAccessKey: Type.Optional(secretName('the secret access key')),
    sessionToken: Type.Optional(secretName('the session token of temporary credentials')),
    requesterPays: Type.Optional(Type.Boolean({ description: 'Accept to pay for the requests' })),
  },
  { additionalProperties: false, title: 'Amazon S3', description: 'Amazon S3 or a store that speaks its protocol' },
);

const GcsStore = Type.Object(
  {
    type: Type.Literal('gcs'),
    bucket: Type.String({ minLength: 1, maxLength: 255, description: 'Name of the bucket' }),
    endpoint: Type.Optional(endpoint),
    credentials: Type.Optional(
      secretName('the JSON key of a service account; without it the application default credentials are used'),
    ),
    projectId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 100, description: 'Project that pays for the requests' }),
    ),
  },
  { additionalProperties: false, title: 'Google Cloud Storage', description: 'A bucket of Google Cloud Storage' },
);

const AzureStore = Type.Object(
  {
    type: Type.Literal('azure-blob'),
    container: Type.String({ minLength: 1, maxLength: 63, description: 'Name of the container' }),
    account: Type.Optional(Type.String({ minLength: 3, maxLength: 24, description: 'Name of the storage account' })),
    endpoint: Type.Optional(endpoint),
    connectionString: Type.Optional(secretName('the connection string of the storage account')),
    accountKey: Type.Optional(secretName('the key of the storage account')),
    sasToken: Type.Optional(
      secretName('a shared access signature that may list and read; without any secret the identity of the service'),
    ),
    anonymous: Type.Optional(Type.Boolean({ description: 'The container is public: it is read without credentials' })),
  },
  { additionalProperties: false, title: 'Azure Blob Storage', description: 'A container of an Azure storage account' },
);

/** Where files lie. */
const Store = Type.Union([FolderStore, S3Store, GcsStore, AzureStore], {
  description: 'Where the files lie. Without it the source only takes files that are sent to it',
});

/** Settings that every source of files shares; a connector adds its own fields to them. */
export const folderSettings = {
  store: Type.Optional(Store),
  prefix: Type.Optional(
    Type.String({ maxLength: 900, description: 'Only objects whose name begins with it, e.g. `billing/focus/`' }),
  ),
  pattern: Type.Optional(
    Type.String({
      maxLength: 300,
      description:
        'Only names that match: `*` within a folder, `**` across folders, `{csv,parquet}`. Default: data files',
    }),
  ),
  grouping: Type.Optional(
    Type.Union([Type.Literal('auto'), Type.Literal('all'), Type.Literal('file')], {
      description:
        'Which files make one bill. auto: those of a month where manifests or paths name it, else all together; all: all together; file: each is the whole bill of its months',
    }),
  ),
};

export type StoreSettings = Static<typeof Store>;
export interface FolderSettings {
  store?: StoreSettings;
  prefix?: string;
  pattern?: string;
  grouping?: 'auto' | 'all' | 'file';
}
export type S3StoreSettings = Static<typeof S3Store>;
export type GcsStoreSettings = Static<typeof GcsStore>;
export type AzureStoreSettings = Static<typeof AzureStore>;
