import { createHash } from 'node:crypto';
import type { Connector, Discovery, RemoteFile, SourceContext, SourceProbe } from '../../anycost/index.ts';
import { AppError } from '../../platform/errors/index.ts';
import { azureIdentity } from './azure-token-client.ts';
import { isManifest, nameMatcher } from './name-pattern.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { layOut, newestManifests, type Layout } from './report-layout.ts';
import { readManifest, type ReportManifest } from './report-manifest.ts';
import type { FolderSettings, StoreSettings } from './settings.ts';
import { storeFailure } from './store-failure.ts';

/** Objects that one source may have; beyond it, its settings are too wide. */
const maxObjects = 50_000;
const maxManifests = 400;
const maxManifestBytes = 4 * 1024 * 1024;

/**
 * `discover`, `pull` and `health` of a connector whose files lie in a folder, a bucket or a container. Its settings hold
 * `folderSettings`. The cursor holds a mark for each bill that was found; a bill comes again, with all its parts, once a part
 * was added, removed or changed. Nothing depends on times of change: objects may appear with an older one than was seen.
 */
export function folderSource(
  defaults: Pick<FolderSettings, 'grouping' | 'pattern'> = {},
): Required<Pick<Connector, 'discover' | 'pull' | 'health'>> {
  const settingsOf = (context: SourceContext): FolderSettings => ({
    ...defaults,
    ...(context.source.settings as FolderSettings),
  });
  return {
    discover: async (context, cursor) => {
      const settings = settingsOf(context);
      if (settings.store === undefined) return { files: [], cursor: cursor ?? '' };
      const { files } = await lookInto(settings.store, settings, context);
      return since(files, cursor);
    },
    pull: async (context, file) => {
      const { store: place } = settingsOf(context);
      if (place === undefined) throw new AppError('UNPROCESSABLE', 'The source has no store to read from.');
      const store = await openStore(place, context);
      try {
        return toTheEnd(await store.read(file.name, file.version, context.signal), store);
      } catch (error) {
        store.close?.();
        throw storeFailure(error, store.place);
      }
    },
    health: (context) => probe(settingsOf(context), context),
  };
}

async function openStore(settings: StoreSettings, context: SourceContext): Promise<ObjectStore> {
  const secret = (name: string) => context.secret(name);
  // The SDKs bring their own HTTP: an address that people typed is shown to the guard of outgoing calls before.
  if ('endpoint' in settings && settings.endpoint !== undefined) await askGuard(context, settings.endpoint);
  switch (settings.type) {
    case 'folder':
      return (await import('./folder-store-client.ts')).openFolderStore(await context.folder(settings.path));
    case 's3':
      return (await import('./s3-store-client.ts')).openS3Store(settings, secret);
    case 'gcs':
      return (await import('./gcs-store-client.ts')).openGcsStore(settings, secret);
    case 'azure-blob':
      return (await import('./azure-store-client.ts')).openAzureStore(settings, {
        secret,
        identity: azureIdentity(process.env, context),
      });
  }
}

/** @throws AppError FORBIDDEN where the address is private and not allowed; that it does not answer is told later. */
async function askGuard(context: SourceContext, endpoint: string): Promise<void> {
  try {
    await context.outgoing.request(endpoint, { attempts: 1, timeoutMs: 10_000, signal: context.signal });
  } catch (error) {
    if (error instanceof AppError && error.code === 'FORBIDDEN') throw error;
  }
}

async function lookInto(place: StoreSettings, settings: FolderSettings, context: SourceContext) {
  const store = await openStore(place, context);
  try {
    return { place: store.place, ...(await look(store, settings, context.signal)) };
  } finally {
    store.close?.();
  }
}

async function look(store: ObjectStore, settings: FolderSettings, signal: AbortSignal): Promise<Layout> {
  try {
    const matches = nameMatcher(settings.pattern);
    const [data, manifests]: [StoredObject[], StoredObject[]] = [[], []];
    let seen = 0;
    for await (const object of store.list(settings.prefix ?? '', signal)) {
      seen += 1;
      if (seen > maxObjects) throw tooMany(store.place);
      if (isManifest(object.key)) manifests.push(object);
      else if (object.bytes > 0 && matches(object.key)) data.push(object);
    }
    const read = await readManifests(store, newestManifests(manifests), signal);
    return layOut(data, read, settings.grouping ?? 'auto', matches);
  } catch (error) {
    throw storeFailure(error, store.place);
  }
}

async function readManifests(store: ObjectStore, manifests: readonly StoredObject[], signal: AbortSignal) {
  if (manifests.length > maxManifests) throw tooMany(store.place);
  const read: { object: StoredObject; manifest: ReportManifest }[] = [];
  for (const object of manifests) {
    if (object.bytes > maxManifestBytes) continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of await store.read(object.key, object.version, signal)) chunks.push(chunk);
    const manifest = readManifest(Buffer.concat(chunks).toString('utf8'));
    if (manifest !== undefined) read.push({ object, manifest });
  }
  return read;
}

/** The bills that are new or changed, and the marks of all that are there. */
function since(files: readonly RemoteFile[], cursor: string | undefined): Discovery {
  const known = new Set((cursor ?? '').split(' '));
  const groups = Map.groupBy(files, (file) => file.group ?? file.name);
  const marks = new Map([...groups].map(([group, parts]) => [group, markOf(group, parts)]));
  return {
    files: files.filter((file) => !known.has(marks.get(file.group ?? file.name) ?? '')),
    cursor: [...marks.values()].sort().join(' '),
  };
}

function markOf(group: string, parts: readonly RemoteFile[]): string {
  const hash = createHash('sha256').update(group);
  for (const { name, version } of parts) hash.update(`\n${name}\n${version}`);
  return hash.digest('base64url').slice(0, 16);
}

async function* toTheEnd(bytes: AsyncIterable<Uint8Array>, store: ObjectStore): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw storeFailure(error, store.place);
  } finally {
    store.close?.();
  }
}

async function probe(settings: FolderSettings, context: SourceContext): Promise<SourceProbe> {
  if (settings.store === undefined)
    return { ok: true, message: 'The source takes files that are sent to it; it looks nowhere by itself.' };
  try {
    const seen = await lookInto(settings.store, settings, context);
    return found(seen.place, seen);
  } catch (error) {
    const told = storeFailure(error, 'the store');
    return { ok: false, message: told.message, help: told.help };
  }
}

function found(place: string, { files, incomplete }: Layout): SourceProbe {
  const waiting =
    incomplete === 0 ? '' : ` ${incomplete} more ${incomplete === 1 ? 'report is' : 'reports are'} not complete yet.`;
  if (files.length === 0)
    return {
      ok: true,
      message: `Reading ${place} works, but no file there matches.${waiting}`,
      help: 'Check `prefix` and `pattern` in the settings, and that the export has run at least once.',
    };
  const bills = new Set(files.map((file) => file.group ?? file.name)).size;
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
  return {
    ok: true,
    message: `Found ${count(files.length, 'file')} of ${count(bills, 'bill')} in ${place}.${waiting}`,
  };
}

function tooMany(place: string): AppError {
  return new AppError('UNPROCESSABLE', `There are more than ${maxObjects} objects in ${place}.`, {
    help: 'Narrow the source by `prefix`, or make several sources of it.',
  });
}
