/** The part of JSON Schema that TypeBox writes and an example is made from. */
export interface ExampleSchema {
  type?: string | string[];
  examples?: unknown[];
  example?: unknown;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  anyOf?: ExampleSchema[];
  oneOf?: ExampleSchema[];
  allOf?: ExampleSchema[];
  properties?: Record<string, ExampleSchema>;
  patternProperties?: Record<string, ExampleSchema>;
  items?: ExampleSchema | ExampleSchema[];
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
}

const byFormat: Readonly<Record<string, string>> = {
  'date-time': '2026-11-01T00:00:00.000Z',
  date: '2026-11-01',
  uri: 'https://example.com/',
  email: 'finops@example.com',
  uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
};

/** An example of what the schema describes: its own where it gives one, else built from its parts. */
export function exampleOf(schema: ExampleSchema, depth = 0): unknown {
  if (schema.examples && schema.examples.length > 0) return schema.examples[0];
  if (schema.example !== undefined) return schema.example;
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum && schema.enum.length > 0) return schema.enum[0];
  if (depth > 8) return null;
  const option = (schema.anyOf ?? schema.oneOf)?.find((each) => each.type !== 'null');
  if (option) return exampleOf(option, depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((each) => exampleOf(each, depth + 1)));
  return exampleOfType(schema, depth);
}

function exampleOfType(schema: ExampleSchema, depth: number): unknown {
  const type = Array.isArray(schema.type) ? schema.type.find((each) => each !== 'null') : schema.type;
  switch (type) {
    case 'object':
      return exampleOfObject(schema, depth);
    case 'array':
      return schema.items && !Array.isArray(schema.items) ? [exampleOf(schema.items, depth + 1)] : [];
    case 'string':
      return byFormat[schema.format ?? ''] ?? 'text'.padEnd(schema.minLength ?? 0, 't');
    case 'integer':
    case 'number':
      return Math.min(Math.max(1, schema.minimum ?? 1), schema.maximum ?? Infinity);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

function exampleOfObject(schema: ExampleSchema, depth: number): Record<string, unknown> {
  const named = Object.entries(schema.properties ?? {}).map(([key, value]) => [key, exampleOf(value, depth + 1)]);
  const free = Object.values(schema.patternProperties ?? {}).map((value) => ['name', exampleOf(value, depth + 1)]);
  return Object.fromEntries([...named, ...free]) as Record<string, unknown>;
}
