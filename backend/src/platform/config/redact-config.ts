import { ConfigSchema, type Config } from './schema.ts';

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  patternProperties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  'x-secret'?: boolean;
}

/** The configuration as it may be shown: every secret that is set reads `[set]`. */
export function redactConfig(config: Config): unknown {
  return redact(ConfigSchema as SchemaNode, config);
}

function redact(schema: SchemaNode, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (schema['x-secret']) return '[set]';
  if (Array.isArray(value)) return value.map((item) => redact(schema.items ?? {}, item));
  if (typeof value !== 'object' || value === null) return value;
  const properties = Object.assign(
    {},
    ...(schema.anyOf ?? []).map((option) => option.properties ?? {}),
    schema.properties,
  ) as Record<string, SchemaNode>;
  const rest = Object.values(schema.patternProperties ?? {})[0] ?? {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(properties[key] ?? rest, item)]));
}
