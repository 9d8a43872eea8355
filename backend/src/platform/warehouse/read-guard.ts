import { scanSql } from '../sql/index.ts';

const readWords = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', '(']);

/** Table functions that read no table. Others (merge, remote, cluster, loop, file ...) would pass by the filters of a scope. */
const harmlessFunctions = new Set(['NUMBERS', 'ZEROS', 'GENERATESERIES', 'GENERATE_SERIES', 'VALUES']);

/** Where a comma may be the comma of a list of tables, these are refused by name. */
const bypasses = /^(MERGE|LOOP|VIEW|FILE|URL|S3|REMOTE\w*|CLUSTER\w*|MERGETREE\w+|DICTIONARY|EXECUTABLE)$/;

/**
 * Checks that a statement given to `query` only reads and, where a scope applies, that nothing in it goes round the scope.
 * It guards against mistakes of ours: callers' values never stand in SQL.
 * @throws Error naming what is not allowed.
 */
export function assertReads(sql: string, isScoped: boolean): void {
  const words: string[] = [];
  for (const { text, kind, depth } of scanSql(sql, 'clickhouse')) {
    const word = kind === 'word' ? text.toUpperCase() : text;
    if (words.length === 0 && !readWords.has(word))
      throw new Error(`query() only reads; use command() or insert() for ${word}`);
    if (words.at(-1) === ';') throw new Error('query() takes one statement');
    if (depth === 0 && word === 'INSERT') throw new Error('query() only reads; use command() for WITH ... INSERT');
    if (isScoped) assertInScope(words, word);
    words.push(kind === 'string' ? "''" : word);
  }
  if (words.length === 0) throw new Error('query() got an empty statement');
}

function assertInScope(before: readonly string[], word: string): void {
  if (word === 'ADDITIONAL_TABLE_FILTERS') throw new Error('a scoped query cannot set its own table filters');
  const [keyword, name = ''] = before.slice(-2);
  if (word !== '(' || !/^\w+$/.test(name)) return;
  const isSource = keyword === 'FROM' || keyword === 'JOIN';
  if (bypasses.test(name) || (isSource && !harmlessFunctions.has(name))) {
    throw new Error(`a scoped query cannot read from the table function ${name}()`);
  }
}
