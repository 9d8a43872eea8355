import { ApiError, type ApiObject } from './object.ts';

type Test = (object: ApiObject) => boolean;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k` */
export function labelTest(text: string | null): Test {
  if (text === null || text.trim() === '') return () => true;
  const tests = text.split(/,(?![^(]*\))/).map((part) => oneLabel(part.trim()));
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
}

function oneLabel(part: string): (labels: Record<string, string>) => boolean {
  const set = /^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
  if (set) {
    const [, key = '', how, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => values.includes(labels[key] ?? '\0') === (how === 'in');
  }
  const pair = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(part);
  if (pair) {
    const [, key = '', how, value] = pair;
    return (labels) => (labels[key] === value) === (how !== '!=');
  }
  const bare = /^(!?)([\w./-]+)$/.exec(part);
  if (!bare) throw new ApiError(400, 'BadRequest', `unable to parse requirement: ${part}`);
  const [, not, key = ''] = bare;
  return (labels) => key in labels === (not === '');
}

/** `metadata.name=web,involvedObject.kind!=Pod` */
export function fieldTest(text: string | null): Test {
  if (text === null || text.trim() === '') return () => true;
  const tests = text.split(',').map((part): Test => {
    const match = /^([\w.]+)\s*(==|=|!=)\s*(.*)$/.exec(part.trim());
    if (!match) throw new ApiError(400, 'BadRequest', `invalid selector: '${part}'; can't understand '${part}'`);
    const [, path = '', how, value] = match;
    return (object) => (String(at(object, path) ?? '') === value) === (how !== '!=');
  });
  return (object) => tests.every((test) => test(object));
}

function at(object: unknown, path: string): string | number | boolean | undefined {
  const value = path
    .split('.')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], object);
  return typeof value === 'object' ? undefined : (value as string | number | boolean | undefined);
}
