import type { RemoteFile } from '../../anycost/index.ts';
import type { StoredObject } from './object-store.ts';
import { periodOf } from './object-period.ts';
import type { ReportManifest } from './report-manifest.ts';

export interface Layout {
  files: RemoteFile[];
  /** Reports whose manifest names files that are not there (yet): taken once they are complete. */
  incomplete: number;
}

export type Grouping = 'auto' | 'all' | 'file';

interface Chosen {
  object: StoredObject;
  period: string | undefined;
}

/**
 * The folder of a report of which a manifest is one version: `cur/daily/20260901-20261001/3f.../daily-Manifest.json` and the
 * one above it both stand for `cur/daily/20260901-20261001`.
 */
export function manifestScope(key: string): string {
  const folder = key.slice(0, Math.max(0, key.lastIndexOf('/')));
  const period = periodOf(`${folder}/`);
  if (period === undefined) return folder;
  const rest = folder.slice(period.end);
  return folder
    .slice(0, period.end + (rest.startsWith('/') || period.end === folder.length ? 0 : rest.search(/\/|$/)))
    .replace(/\/$/, '');
}

/** Of each report the newest manifest; older ones stand for versions that were replaced. */
export function newestManifests(manifests: readonly StoredObject[]): StoredObject[] {
  const newest = new Map<string, StoredObject>();
  for (const manifest of manifests) {
    const scope = manifestScope(manifest.key);
    const known = newest.get(scope);
    if (known === undefined || isNewer(manifest, known)) newest.set(scope, manifest);
  }
  return [...newest.values()];
}

function isNewer(one: StoredObject, other: StoredObject): boolean {
  if (one.modified !== other.modified) return one.modified > other.modified;
  // Of the same second: the one that lies higher is the one that AWS keeps up to date.
  return one.key.length !== other.key.length ? one.key.length < other.key.length : one.key < other.key;
}

/**
 * Which files make which bill. Files that a manifest names belong to its report; other files inside the report's folder are
 * versions that it replaced, and are left out. A month is one group, because a bill replaces its month whole; while a report
 * of it is incomplete, nothing of the month is taken. Where the name of one file tells no month, all files are one group: it
 * could hold rows of any month, which the bill of that month alone would lose.
 */
export function layOut(
  objects: readonly StoredObject[],
  manifests: readonly { object: StoredObject; manifest: ReportManifest }[],
  grouping: Grouping,
  matches: (name: string) => boolean,
): Layout {
  const left = new Map(objects.map((object) => [object.key, object]));
  const byName = Map.groupBy(objects, ({ key }) => key.slice(key.lastIndexOf('/') + 1));
  const chosen: Chosen[] = [];
  const claims = manifests.map(({ object, manifest }) => {
    const scope = manifestScope(object.key);
    return { scope, period: periodOf(`${scope}/`)?.period, files: filesOf(scope, manifest, objects, byName, matches) };
  });
  for (const { files, period } of claims) {
    for (const object of files ?? []) {
      if (left.delete(object.key)) chosen.push({ object, period: period ?? periodOf(object.key)?.period });
    }
  }
  const replaced = claims.flatMap(({ scope }) => [scope, scope.replace(/(^|\/)metadata(?=\/|$)/, '$1data')]);
  for (const object of left.values())
    if (!replaced.some((scope) => isInside(object.key, scope)))
      chosen.push({ object, period: periodOf(object.key)?.period });
  const oneBill = grouping === 'all' || (grouping === 'auto' && [...chosen, ...claims].some(({ period }) => !period));
  const bind = oneBill ? 'all' : grouping;
  const waiting = new Set(claims.filter(({ files }) => files === undefined).map(({ period }) => groupOf(period, bind)));
  const files = grouped(chosen, bind).filter(({ group }) => group === undefined || !waiting.has(group));
  return { files, incomplete: claims.filter((claim) => claim.files === undefined).length };
}

function isInside(key: string, scope: string): boolean {
  return scope === '' || key.startsWith(`${scope}/`);
}

/** The objects that a manifest means; undefined while one of them is missing. */
function filesOf(
  scope: string,
  manifest: ReportManifest,
  objects: readonly StoredObject[],
  byName: ReadonlyMap<string, readonly StoredObject[]>,
  matches: (name: string) => boolean,
): readonly StoredObject[] | undefined {
  if (manifest.folder !== undefined) {
    const inFolder = objects.filter(({ key }) => isInside(key, `${scope}/${manifest.folder}`.replace(/^\//, '')));
    return inFolder.length === 0 ? undefined : inFolder;
  }
  const found = (manifest.files ?? []).filter(matches).map((name) => closest(name, byName));
  return found.every((object) => object !== undefined) ? found : undefined;
}

/** The object of that name; in a copy of a bucket the way to it may be shorter or longer than the manifest says. */
function closest(name: string, byName: ReadonlyMap<string, readonly StoredObject[]>): StoredObject | undefined {
  const candidates = byName.get(name.slice(name.lastIndexOf('/') + 1)) ?? [];
  return candidates.find(({ key }) => key === name || key.endsWith(`/${name}`) || name.endsWith(`/${key}`));
}

function groupOf(period: string | undefined, grouping: Grouping): string {
  return grouping === 'all' || period === undefined ? 'all' : period;
}

function grouped(chosen: readonly Chosen[], grouping: Grouping): RemoteFile[] {
  const files = chosen.map(({ object, period }): RemoteFile => {
    const file = { name: object.key, version: object.version, bytes: object.bytes };
    const named = period === undefined || grouping === 'all' ? {} : { period };
    return grouping === 'file' ? { ...file, ...named } : { ...file, ...named, group: groupOf(period, grouping) };
  });
  return files.sort((one, other) => (one.name < other.name ? -1 : 1));
}
