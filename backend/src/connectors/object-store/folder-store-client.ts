import { createReadStream } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { ObjectChanged, type ObjectStore, type StoredObject } from './object-store.ts';

const maxDepth = 24;
/** Files that are being written: what begins with a dot or ends so is no bill yet. */
const unfinished = /(?:^|\/)\.|\.(?:tmp|part|partial|crdownload|swp)$/i;

/** A folder of this machine, by its resolved path. Links are followed only where they stay inside of it. */
export function openFolderStore(root: string): ObjectStore {
  return {
    place: `the folder ${root}`,
    list: (prefix, signal) => walk(root, prefix, signal),
    read: async (key, version) => {
      const path = await inside(root, join(root, key));
      if ((await versionOf(path)).version !== version) throw new ObjectChanged(key);
      return unchanged(path, key, version);
    },
  };
}

async function* walk(root: string, prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
  const folders = [{ path: await realpath(root), key: '', depth: 0 }];
  const seen = new Set(folders.map(({ path }) => path));
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of await opendir(folder.path)) {
      signal.throwIfAborted();
      const key = folder.key === '' ? entry.name : `${folder.key}/${entry.name}`;
      if (unfinished.test(key)) continue;
      const path = entry.isSymbolicLink()
        ? await linked(root, join(folder.path, entry.name))
        : join(folder.path, entry.name);
      if (path === undefined) continue;
      const facts = await stat(path, { bigint: true });
      const onTheWay = prefix === '' || key.startsWith(prefix) || prefix.startsWith(`${key}/`);
      if (facts.isDirectory() && folder.depth < maxDepth && onTheWay && !seen.has(path)) {
        seen.add(path);
        folders.push({ path, key, depth: folder.depth + 1 });
      } else if (facts.isFile() && key.startsWith(prefix)) yield { key, ...(await versionOf(path)) };
    }
  }
}

/** The bytes, and at their end a look at whether they were still those that were listed. */
async function* unchanged(path: string, key: string, version: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>;
  if ((await versionOf(path)).version !== version) throw new ObjectChanged(key);
}

async function versionOf(path: string): Promise<Omit<StoredObject, 'key'>> {
  const facts = await stat(path, { bigint: true });
  return {
    version: `${facts.mtimeNs}-${facts.size}`,
    bytes: Number(facts.size),
    modified: new Date(Number(facts.mtimeMs)).toISOString(),
  };
}

/** Where a link leads, if that is inside the folder and there. */
async function linked(root: string, path: string): Promise<string | undefined> {
  try {
    return await inside(root, path);
  } catch {
    return undefined;
  }
}

async function inside(root: string, path: string): Promise<string> {
  const [real, realRoot] = [await realpath(path), await realpath(root)];
  const way = relative(realRoot, real);
  if (way === '..' || way.startsWith(`..${sep}`) || resolve(realRoot, way) !== real)
    throw Object.assign(new Error('The file lies outside the folder of the source'), { code: 'EACCES' });
  return real;
}
