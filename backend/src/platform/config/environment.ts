import { ConfigSchema } from './schema.ts';

export interface EnvironmentPath {
  /** Name of the variable; `<name>_FILE` reads the value from a file. */
  name: string;
  path: readonly string[];
  type: 'string' | 'integer' | 'boolean' | 'list' | 'json';
  description: string;
}

/** Variables of the field that people already set; each is one setting of the file. */
const customary: Readonly<Record<string, string>> = {
  'warehouse.url': 'CLICKHOUSE_URL',
  'store.url': 'DATABASE_URL',
  'queue.url': 'REDIS_URL',
  'prometheus.url': 'PROMETHEUS_URL',
};

/** Variables that begin with AMADEUS_ and are no settings of the service. */
export const reservedVariables: ReadonlySet<string> = new Set([
  'AMADEUS_CONFIG',
  'AMADEUS_DATA',
  'AMADEUS_ROOT',
  'AMADEUS_URL',
  'AMADEUS_TEST_STORES',
  'AMADEUS_TEST_CLICKHOUSE_URL',
]);

interface SchemaNode {
  type?: string;
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  const?: unknown;
  description?: string;
}

/** Every setting that has a variable: `AMADEUS_` and its path in capitals, or the customary name. */
export function environmentPaths(): EnvironmentPath[] {
  const found: EnvironmentPath[] = [];
  walk(ConfigSchema, [], found);
  return found;
}

function walk(node: SchemaNode, path: readonly string[], found: EnvironmentPath[]): void {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const here = [...path, key];
    if (child.properties) {
      walk(child, here, found);
      continue;
    }
    const name = customary[here.join('.')] ?? `AMADEUS_${here.map(screaming).join('_')}`;
    found.push({ name, path: here, type: typeOf(child), description: child.description ?? '' });
  }
}

function screaming(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

function typeOf(node: SchemaNode): EnvironmentPath['type'] {
  if (node.type === 'integer' || node.type === 'number') return 'integer';
  if (node.type === 'boolean') return 'boolean';
  if (node.type === 'array') return isWord(node.items) ? 'list' : 'json';
  return isWord(node) ? 'string' : 'json';
}

function isWord(node: SchemaNode | undefined): boolean {
  if (!node) return false;
  return node.type === 'string' || typeof node.const === 'string' || (node.anyOf ?? []).some(isWord);
}
