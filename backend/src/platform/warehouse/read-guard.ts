import { scanSql } from '../sql/index.ts';

const readWords = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', '(']);

/**
 * Checks that a statement given to `query` only reads and, where a scope applies, does not reach for the setting that
 * carries it. It guards against mistakes of ours, callers' values never stand in SQL.
 * @throws Error naming what is not allowed.
 */
export function assertReads(sql: string, isScoped: boolean): void {
  let first = true;
  let ended = false;
  for (const { text, kind, depth } of scanSql(sql, 'clickhouse')) {
    const word = kind === 'word' ? text.toUpperCase() : text;
    if (first && !readWords.has(word)) throw new Error(`query() only reads; use command() or insert() for ${word}`);
    if (ended) throw new Error('query() takes one statement');
    if (kind === 'mark' && text === ';') ended = true;
    if (depth === 0 && word === 'INSERT') throw new Error('query() only reads; use command() for WITH ... INSERT');
    if (isScoped && word === 'ADDITIONAL_TABLE_FILTERS')
      throw new Error('a scoped query cannot set its own table filters');
    first = false;
  }
  if (first) throw new Error('query() got an empty statement');
}
