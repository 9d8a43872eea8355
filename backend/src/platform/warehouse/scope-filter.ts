import type { Scope } from '../identity/index.ts';

/** The columns of each table of the database, as far as a scope can be told by them. */
export type ScopedTables = ReadonlyMap<string, ReadonlySet<string>>;

/** Columns that say to whom a row belongs. A table that has none of a kind is not narrowed by that kind. */
export const scopeColumns = ['Tenant', 'Region', 'x_Team', 'Team', 'x_Product', 'Product'] as const;

/**
 * The value of ClickHouse's `additional_table_filters` by which rows outside `scope` do not exist, whatever the query
 * joins, nests or aliases. Names in the scope come from tokens and configuration: they enter as hexadecimal digits, so
 * that no character of theirs is ever read as SQL.
 */
export function scopeFilters(database: string, tables: ScopedTables, scope: Scope): string {
  const entries = [...tables].flatMap(([table, columns]) => {
    const filter = tableFilter(columns, scope);
    return filter === '' ? [] : [`'${database}.${table}':'${filter.replace(/'/g, "\\'")}'`];
  });
  return `{${entries.join(',')}}`;
}

function tableFilter(columns: ReadonlySet<string>, scope: Scope): string {
  const conditions = [
    columns.has('Tenant') ? oneOf('Tenant', [scope.tenant]) : '',
    columns.has('Region') && scope.regions !== 'all' ? oneOf('Region', scope.regions) : '',
    ...['x_Team', 'Team'].map((name) => (columns.has(name) && scope.teams !== 'all' ? oneOf(name, scope.teams) : '')),
    ...['x_Product', 'Product'].map((name) =>
      columns.has(name) && scope.products !== 'all' ? oneOf(name, scope.products) : '',
    ),
  ];
  return conditions.filter(Boolean).join(' AND ');
}

/** Nothing allowed means that nothing is seen, not that nothing is asked. */
function oneOf(column: string, values: readonly string[]): string {
  if (values.length === 0) return '0';
  return `${column} IN (${values.map((value) => `unhex('${Buffer.from(value, 'utf8').toString('hex')}')`).join(', ')})`;
}
