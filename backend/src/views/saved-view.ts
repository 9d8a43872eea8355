import type { Scope } from '../platform/identity/index.ts';
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
  owner: Person;
  origin: 'api' | 'file';
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export type ViewContent = Pick<SavedView, 'name' | 'page' | 'params' | 'shared'>;

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
 * Whether the filters of a view name nothing outside the caller's teams and products. A view holds no data, but the names in
 * its filters are names all the same.
 */
export function isWithin(scope: Scope, { params }: Pick<ViewContent, 'params'>): boolean {
  const filters = Object.values(params).flat();
  return isPart(filters, 'x_Team:', scope.teams) && isPart(filters, 'x_Product:', scope.products);
}

function isPart(filters: readonly string[], prefix: string, allowed: readonly string[] | 'all'): boolean {
  if (allowed === 'all') return true;
  return filters
    .filter((text) => text.startsWith(prefix))
    .flatMap((text) => valuesOf(text.slice(prefix.length)))
    .every((value) => value === '' || allowed.includes(value));
}

/** Values of a filter as addresses write it: separated by commas, a comma or backslash within one behind a backslash. */
function valuesOf(text: string): string[] {
  return [...text.matchAll(/((?:\\.|[^,\\])*)(?:,|$)/gs)].map(([, value = '']) => value.replace(/\\(.)/gs, '$1'));
}
