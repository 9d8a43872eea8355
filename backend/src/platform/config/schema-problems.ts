import type { TSchema } from 'typebox';
import Value from 'typebox/value';

/** A rule of a schema that a value breaks. */
export interface SchemaProblem {
  /** Where, as a JSON pointer. */
  instancePath: string;
  message: string;
  params: Record<string, unknown>;
}

/** What is wrong with a value: alternatives that are single words are told once, as a list of them. */
export function schemaProblems(schema: TSchema, value: unknown): SchemaProblem[] {
  const errors = Value.Errors(schema, value).map(
    ({ keyword, instancePath, message, params }): SchemaProblem & { keyword: string } => ({
      ...{ keyword, instancePath, message },
      params: { ...params },
    }),
  );
  const words = new Map<string, Set<string>>();
  for (const { keyword, instancePath, params } of errors) {
    if (keyword !== 'const') continue;
    const allowed = words.get(instancePath) ?? new Set();
    words.set(instancePath, allowed.add(JSON.stringify(params['allowedValue'])));
  }
  const told = new Set<string>();
  return errors.flatMap(({ keyword, instancePath, message, params }) => {
    const allowed = words.get(instancePath);
    if (!allowed || (keyword !== 'const' && keyword !== 'anyOf')) return [{ instancePath, message, params }];
    if (told.has(instancePath)) return [];
    told.add(instancePath);
    const list = [...allowed].join(', ');
    return [{ instancePath, message: allowed.size === 1 ? `must be ${list}` : `must be one of ${list}`, params }];
  });
}
