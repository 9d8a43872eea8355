import { Ajv } from 'ajv';
import addFormatsModule, { type FormatsPlugin } from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { FastifySchemaValidationError } from 'fastify/types/schema.js';

// The package is CommonJS: native ESM and bundlers hand its default export out one level apart.
const formatsExport = addFormatsModule as unknown as { default?: FormatsPlugin } & FormatsPlugin;
const addFormats: FormatsPlugin = formatsExport.default ?? formatsExport;

/** Values in a request beyond which only the first broken rule is named: naming all costs memory for each. */
const thoroughUpTo = 10_000;

/**
 * Compiles route schemas for Fastify. Query values are coerced to their types, defaults are filled in, unknown fields
 * are refused where the schema says so. A request that fails is checked once more for every broken rule, so that one
 * answer lists all of them; a huge one gets only the first.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<unknown> {
  const options = {
    coerceTypes: 'array',
    useDefaults: true,
    removeAdditional: false,
    // Schemas carry words of OpenAPI and of our own (`example`, `x-...`).
    strictSchema: false,
    strictTypes: false,
  } as const;
  const quickAjv = addFormats(new Ajv(options));
  const thoroughAjv = addFormats(new Ajv({ ...options, allErrors: true }));
  return ({ schema }) => {
    const quick = quickAjv.compile(schema as object);
    let thorough: ReturnType<typeof thoroughAjv.compile> | undefined;
    return (value: unknown) => {
      if (quick(value)) return true;
      if (countValues(value, thoroughUpTo) >= thoroughUpTo) return { error: asValidation(quick.errors) };
      thorough ??= thoroughAjv.compile(schema as object);
      return thorough(value) ? true : { error: asValidation(thorough.errors) };
    };
  };
}

function asValidation(errors: unknown): FastifySchemaValidationError[] {
  return (errors ?? []) as FastifySchemaValidationError[];
}

/** Scalars and containers in a parsed value, counted up to `limit`. */
function countValues(value: unknown, limit: number): number {
  const waiting: unknown[] = [value];
  let count = 0;
  while (waiting.length > 0 && count < limit) {
    const next = waiting.pop();
    count += 1;
    if (typeof next !== 'object' || next === null) continue;
    const children: unknown[] = Object.values(next);
    if (children.length >= limit) return limit;
    waiting.push(...children);
  }
  return count;
}
