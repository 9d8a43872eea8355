import { ApiError, type Json, type JsonObject } from './object.ts';

/** Keys by which strategic merge takes the items of a list for the same; lists that stand not here are replaced whole. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
  hostAliases: 'ip',
  conditions: 'type',
  ownerReferences: 'uid',
  topologySpreadConstraints: 'topologyKey',
};

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function mergeKeyOf(field: string): string | undefined {
  return mergeKeys[field];
}

/** RFC 7396. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** As the API server merges built-in kinds: lists by the keys of their items, with the directives of `$patch`. */
export function strategicPatch(target: Json | undefined, patch: Json, field = ''): Json {
  if (Array.isArray(patch)) return strategicList(Array.isArray(target) ? target : [], patch, field);
  if (!isObject(patch)) return patch;
  if (patch.$patch === 'replace') {
    const { $patch: _, ...rest } = patch;
    return rest;
  }
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$patch' || key === '$retainKeys' || key.startsWith('$setElementOrder/')) continue;
    const removed = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key)?.[1];
    if (removed !== undefined) {
      const present = result[removed];
      if (Array.isArray(present)) result[removed] = present.filter((item) => !(value as Json[]).includes(item));
    } else if (value === null || (isObject(value) && value.$patch === 'delete')) delete result[key];
    else result[key] = strategicPatch(result[key], value, key);
  }
  return result;
}

function strategicList(target: Json[], patch: Json[], field: string): Json {
  const key = mergeKeyOf(field);
  if (field === 'finalizers') return [...target, ...patch.filter((item) => !target.includes(item))];
  if (key === undefined || !patch.every(isObject)) return patch;
  const directive = patch.find((item) => isObject(item) && item.$patch === 'replace');
  const items: readonly JsonObject[] = patch.filter((item) => item !== directive);
  let result: Json[] = directive ? [] : [...target];
  for (const item of items) {
    if (item[key] === undefined) {
      throw new ApiError(400, 'BadRequest', `map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    }
    const at = result.findIndex((other) => isObject(other) && other[key] === item[key]);
    if (item.$patch === 'delete') result = result.filter((_, index) => index !== at);
    else if (at < 0) result.push(strategicPatch(undefined, item));
    else result[at] = strategicPatch(result[at], item);
  }
  return result;
}

interface Operation {
  op?: string;
  path?: string;
  from?: string;
  value?: Json;
}

/** RFC 6902. */
export function jsonPatch(target: Json, operations: unknown): Json {
  if (!Array.isArray(operations)) throw new ApiError(400, 'BadRequest', 'a JSON patch is a list of operations');
  const root = { document: structuredClone(target) };
  for (const operation of operations as Operation[]) apply(root, operation);
  return root.document;
}

function apply(root: { document: Json }, { op, path = '', from = '', value }: Operation): void {
  switch (op) {
    case 'add':
      return put(root, path, value ?? null, true);
    case 'replace':
      read(root, path);
      return put(root, path, value ?? null, false);
    case 'remove':
      return take(root, path);
    case 'copy':
      return put(root, path, structuredClone(read(root, from)), true);
    case 'move': {
      const moved = read(root, from);
      take(root, from);
      return put(root, path, moved, true);
    }
    case 'test':
      if (JSON.stringify(sorted(read(root, path))) !== JSON.stringify(sorted(value ?? null))) {
        throw invalid(`testing path ${path} value failed`);
      }
      return;
    default:
      throw new ApiError(400, 'BadRequest', `Unexpected kind: ${String(op)}`);
  }
}

function invalid(message: string): ApiError {
  return new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`);
}

function partsOf(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw invalid(`the path ${path} is no JSON pointer`);
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(root: { document: Json }, path: string): Json {
  let node: Json | undefined = root.document;
  for (const part of partsOf(path)) {
    node = Array.isArray(node) ? node[Number(part)] : isObject(node) ? node[part] : undefined;
    if (node === undefined) throw invalid(`there is nothing at ${path}`);
  }
  return node;
}

function parentOf(root: { document: Json }, path: string): { parent: Json; last: string } {
  const parts = partsOf(path);
  const last = parts.pop();
  if (last === undefined) throw invalid('the whole document cannot be removed');
  const above = parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { parent: read(root, above), last };
}

function put(root: { document: Json }, path: string, value: Json, inserts: boolean): void {
  if (path === '') {
    root.document = value;
    return;
  }
  const { parent, last } = parentOf(root, path);
  if (Array.isArray(parent)) {
    const at = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(at) || at < 0 || at > parent.length) throw invalid(`there is no place ${path}`);
    parent.splice(at, inserts ? 0 : 1, value);
  } else if (isObject(parent)) parent[last] = value;
  else throw invalid(`there is nothing at ${path}`);
}

function take(root: { document: Json }, path: string): void {
  read(root, path);
  const { parent, last } = parentOf(root, path);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isObject(parent)) delete parent[last];
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([k, v]) => [k, sorted(v)]),
  );
}
