import { ApiError, type Json, type JsonObject } from './object.ts';
import { mergeKeyOf } from './patch.ts';

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const unowned = /^(apiVersion|kind|status(\/|$)|metadata\/(?!labels|annotations))/;

/** Every value in it by its path, items of lists by their merge key: `spec/containers/{"name":"web"}/image`. */
function leaves(value: Json | undefined, field = '', path = ''): Map<string, Json> {
  const found = new Map<string, Json>();
  const add = (more: Map<string, Json>) => more.forEach((leaf, at) => found.set(at, leaf));
  const under = (key: string) => (path === '' ? key : `${path}/${key}`);
  if (isObject(value) && Object.keys(value).length > 0) {
    for (const [key, child] of Object.entries(value)) add(leaves(child, key, under(key)));
    return found;
  }
  const key = mergeKeyOf(field);
  if (Array.isArray(value) && key !== undefined && value.every((item) => isObject(item) && item[key] !== undefined)) {
    for (const item of value as JsonObject[]) add(leaves(item, '', under(JSON.stringify({ [key]: item[key] }))));
    return found;
  }
  if (value !== undefined) found.set(path, value);
  return found;
}

interface FieldOwner {
  manager: string;
  operation: 'Apply' | 'Update';
}

/** Who wrote which field of one object: what server-side apply looks at before it takes a field over. */
export class FieldOwners {
  #owners = new Map<string, FieldOwner>();

  /** @throws ApiError 409 where an applied value differs from one that another manager wrote, unless `force`. */
  apply(manager: string, before: Json | undefined, applied: Json, force: boolean): void {
    const present = leaves(before);
    const wanted = leaves(applied);
    const conflicts = [...wanted].filter(([path, value]) => {
      const owner = this.#owners.get(path);
      if (unowned.test(path) || !owner || owner.manager === manager) return false;
      return JSON.stringify(present.get(path)) !== JSON.stringify(value);
    });
    if (conflicts.length > 0 && !force) {
      const named = conflicts.map(([path]) => `.${path.replaceAll('/', '.')}`);
      const owners = [...new Set(conflicts.map(([path]) => `"${this.#owners.get(path)?.manager}"`))].join(', ');
      throw new ApiError(
        409,
        'Conflict',
        `Apply failed with ${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}: conflicts with ${owners}: ${named.join(', ')}`,
        { causes: named.map((field) => ({ reason: 'FieldManagerConflict', field })) },
      );
    }
    for (const path of wanted.keys()) {
      const owner = this.#owners.get(path);
      const isShared = owner && owner.manager !== manager && !conflicts.some(([at]) => at === path);
      if (!unowned.test(path) && !isShared) this.#owners.set(path, { manager, operation: 'Apply' });
    }
  }

  /** Notes what an update changed. */
  update(manager: string, before: Json | undefined, after: Json): void {
    const old = leaves(before);
    const now = leaves(after);
    for (const [path, value] of now) {
      if (!unowned.test(path) && JSON.stringify(old.get(path)) !== JSON.stringify(value)) {
        this.#owners.set(path, { manager, operation: 'Update' });
      }
    }
    for (const path of this.#owners.keys()) if (!now.has(path)) this.#owners.delete(path);
  }

  /** As it stands in `metadata.managedFields`. */
  managedFields(apiVersion: string): object[] {
    const byManager = new Map<string, { owner: FieldOwner; fields: Record<string, object> }>();
    for (const [path, owner] of this.#owners) {
      const key = `${owner.operation} ${owner.manager}`;
      const entry = byManager.get(key) ?? { owner, fields: {} };
      byManager.set(key, entry);
      let node = entry.fields;
      for (const part of path.split('/')) {
        const name = part.startsWith('{') ? `k:${part}` : `f:${part}`;
        node = (node[name] ??= {}) as Record<string, object>;
      }
    }
    return [...byManager.values()].map(({ owner, fields }) => ({
      ...owner,
      apiVersion,
      fieldsType: 'FieldsV1',
      fieldsV1: fields,
    }));
  }
}
