import { scopeOfKept, seesKept, type KeptScope, type Scope } from '../platform/identity/index.ts';
import type { ViewInput } from './contract.ts';

export interface Person {
  id: string;
  name: string;
}

/** A page with its parameters under a name. */
export interface SavedView {
  tenant: string;
  id: string;
  name: string;
  page: string;
  params: Record<string, string[]>;
  shared: boolean;
  /** What somebody must see to be told of it. */
  scope: KeptScope;
  owner: Person;
  origin: 'api' | 'file';
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export type ViewContent = Pick<SavedView, 'name' | 'page' | 'params' | 'shared'>;
export type KeptView = ViewContent & Pick<SavedView, 'scope'>;

/** Characters of all parameters together: what browsers and proxies take as an address. */
const maxLength = 8_000;

/** A view as it is kept: the name trimmed, every parameter a list, none without a value. */
export function tidied({ name, page, params, shared = false }: ViewInput): ViewContent {
  const lists = Object.entries(params)
    .map(([key, value]) => [key, [value].flat()] as const)
    .filter(([, values]) => values.length > 0);
  return { name: name.trim(), page, params: Object.fromEntries(lists), shared };
}

/** What is wrong with a view, as a sentence that says what to do, or undefined. */
export function problemOf({ name, params }: ViewContent): string | undefined {
  if (name === '') return 'The name is empty; give it one that people know.';
  const texts = [name, ...Object.entries(params).flatMap(([key, values]) => [key, ...values])];
  if (texts.some((text) => !text.isWellFormed())) return 'A text holds half a character; write it again.';
  const length = texts.reduce((sum, text) => sum + encodeURIComponent(text).length + 1, 0);
  if (length > maxLength) return `The address of the view is longer than ${maxLength} characters; use fewer filters.`;
  return undefined;
}

/**
 * What somebody must see to be told of a view. A view holds no data, but the names in its filters are names all the same, and
 * its own name may be one. Undefined where it names what the author may not see.
 */
export function scopeOf(
  author: Scope,
  { params }: Pick<ViewContent, 'params'>,
  regions: KeptScope['regions'] | undefined,
): KeptScope | undefined {
  const [teams, products] = [namedBy(params, 'x_Team:'), namedBy(params, 'x_Product:')];
  return scopeOfKept(author, {
    ...(regions === undefined ? {} : { regions }),
    ...(teams.length === 0 ? {} : { teams }),
    ...(products.length === 0 ? {} : { products }),
  });
}

/** Whether a caller finds a view. One's own that is not shared is told to nobody else, and stays one's own. */
export function isFound(view: SavedView, caller: { id: string; scope: Scope }): boolean {
  const isOwn = view.owner.id === caller.id;
  if (!view.shared && !isOwn) return false;
  return seesKept(caller.scope, view.shared ? view.scope : { ...view.scope, regions: [] });
}

function namedBy(params: ViewContent['params'], prefix: string): string[] {
  return Object.values(params)
    .flat()
    .filter((text) => text.startsWith(prefix))
    .flatMap((text) => valuesOf(text.slice(prefix.length)))
    .filter((value) => value !== '');
}

/** Values of a filter as addresses write it: separated by commas, a comma or backslash within one behind a backslash. */
function valuesOf(text: string): string[] {
  return [...text.matchAll(/((?:\\.|[^,\\])*)(?:,|$)/gs)].map(([, value = '']) => value.replace(/\\(.)/gs, '$1'));
}
