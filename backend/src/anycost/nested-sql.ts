import { literal, quoted } from './plain-sql.ts';

/** How the values of a column nest. */
export type Nesting =
  | { kind: 'value'; type: 'whole' | 'truth' | 'float' | 'text' }
  | { kind: 'list'; value: Nesting }
  | { kind: 'map'; value: Nesting }
  | { kind: 'struct'; fields: readonly { name: string; value: Nesting }[] };

const types = {
  whole: 'Nullable(Int64)',
  truth: 'Nullable(Bool)',
  float: 'Nullable(Float64)',
  text: 'Nullable(String)',
};

/** The engine's type for a column that nests so. */
export function nestedType(nesting: Nesting): string {
  switch (nesting.kind) {
    case 'value':
      return types[nesting.type];
    case 'list':
      return `Array(${nestedType(nesting.value)})`;
    case 'map':
      return `Map(String, ${nestedType(nesting.value)})`;
    case 'struct':
      return `Tuple(${nesting.fields.map(({ name, value }) => `${quoted(name)} ${nestedType(value)}`).join(', ')})`;
  }
}

/**
 * SQL of the JSON of a nested column, empty where nothing is in it: the format does not tell a column that is absent from
 * one that is empty. Fields of a structure that are absent are left out; numbers keep their digits.
 */
export function nestedText(nesting: Nesting, sql: string): string {
  const json = jsonSql(nesting, sql, 0);
  return nesting.kind === 'value' ? `ifNull(toString(${sql}), '')` : `if(${json} IN ('{}', '[]'), '', ${json})`;
}

function jsonSql(nesting: Nesting, sql: string, depth: number): string {
  switch (nesting.kind) {
    case 'value':
      return nesting.type === 'whole' ? `ifNull(toString(${sql}), 'null')` : `toJSONString(${sql})`;
    case 'list': {
      const one = `one${depth}`;
      return bracketed('[', `arrayMap(${one} -> ${jsonSql(nesting.value, one, depth + 1)}, ${sql})`, ']');
    }
    case 'map': {
      const [key, value] = [`key${depth}`, `value${depth}`];
      const pair = `concat(toJSONString(${key}), ':', ${jsonSql(nesting.value, value, depth + 1)})`;
      return bracketed('{', `arrayMap((${key}, ${value}) -> ${pair}, mapKeys(${sql}), mapValues(${sql}))`, '}');
    }
    case 'struct':
      return bracketed('{', `arrayFilter(pair -> pair != '', [${fieldsSql(nesting.fields, sql, depth)}])`, '}');
  }
}

function fieldsSql(fields: readonly { name: string; value: Nesting }[], sql: string, depth: number): string {
  return fields
    .map(({ name, value }) => {
      const field = `tupleElement(${sql}, ${literal(name)})`;
      const json = jsonSql(value, field, depth + 1);
      const absent = value.kind === 'value' ? 'null' : value.kind === 'list' ? '[]' : '{}';
      return `if(${json} = '${absent}', '', concat(${literal(`${JSON.stringify(name)}:`)}, ${json}))`;
    })
    .join(', ');
}

function bracketed(open: string, parts: string, close: string): string {
  return `concat('${open}', arrayStringConcat(${parts}, ','), '${close}')`;
}
