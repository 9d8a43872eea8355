/** One broken rule as ajv reports it. */
export interface BrokenRule {
  keyword: string;
  instancePath: string;
  params: Record<string, unknown>;
  message?: string;
}

export interface FieldError {
  in: string;
  field: string;
  message: string;
}

/** Fields listed in one answer; more than a reader needs, less than an attacker wants. */
export const maxFieldErrors = 100;

/**
 * What is wrong with each field, in words. Alternatives (`anyOf` of constants) become one line that lists what is
 * allowed. At most 100 lines.
 */
export function describeBrokenRules(where: string, rules: readonly BrokenRule[]): FieldError[] {
  const allowed = allowedValues(rules);
  const found = new Map<string, FieldError>();
  for (const rule of rules) {
    if (found.size >= maxFieldErrors) break;
    if (allowed.has(rule.instancePath) && (rule.keyword === 'anyOf' || rule.keyword === 'const')) continue;
    if (rule.keyword === 'if') continue;
    const field = fieldOf(rule);
    const message = messageOf(rule);
    found.set(`${field} ${message}`, { in: where, field, message });
  }
  for (const [path, values] of allowed) {
    if (found.size >= maxFieldErrors) break;
    const field = dotted(path);
    const message = `must be one of ${values.map((value) => JSON.stringify(value)).join(', ')}`;
    found.set(`${field} ${message}`, { in: where, field, message });
  }
  return [...found.values()];
}

/** Per path, the constants that any of its alternatives would have taken. */
function allowedValues(rules: readonly BrokenRule[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const rule of rules) {
    if (rule.keyword !== 'const') continue;
    const values = found.get(rule.instancePath) ?? [];
    if (values.length < 50) values.push(rule.params.allowedValue);
    found.set(rule.instancePath, values);
  }
  return found;
}

function fieldOf(rule: BrokenRule): string {
  const path = dotted(rule.instancePath);
  const inner = rule.params.missingProperty ?? rule.params.additionalProperty ?? rule.params.propertyName;
  return typeof inner === 'string' ? [path, inner].filter(Boolean).join('.') : path || '(whole)';
}

function messageOf(rule: BrokenRule): string {
  switch (rule.keyword) {
    case 'required':
      return 'is missing';
    case 'additionalProperties':
      return 'is not known here';
    case 'enum':
      return `must be one of ${(rule.params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`;
    default:
      return rule.message ?? `breaks the rule ${rule.keyword}`;
  }
}

function dotted(instancePath: string): string {
  return instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}
