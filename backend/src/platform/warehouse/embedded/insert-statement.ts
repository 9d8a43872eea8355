import { scanSql, type SqlToken } from '../../sql/index.ts';

/** An INSERT whose rows follow as data, in pieces from which a statement that reads a file can be put together. */
export interface InsertStatement {
  /** `INSERT INTO t (a, b)` */
  target: string;
  /** `SETTINGS a = 1`, or empty. */
  settings: string;
  format: string;
  /** Where the statement ends and inline data may begin. */
  end: number;
}

/**
 * Reads an INSERT that takes its rows as data (`FORMAT x` or `VALUES`), as opposed to INSERT ... SELECT. Returns undefined
 * for every other statement.
 */
export function readInsert(sql: string): InsertStatement | undefined {
  const source = scanSql(sql, 'clickhouse');
  const next = (): SqlToken | undefined => source.next().value as SqlToken | undefined;
  if (!isWord(next(), 'INSERT')) return undefined;
  let token = next();
  if (isWord(token, 'INTO')) token = next();
  if (isWord(token, 'TABLE')) token = next();
  if (isWord(token, 'FUNCTION')) token = next();
  let previous = token;
  let settingsAt: number | undefined;
  while ((token = next())) {
    if (token.depth > 0 || isName(previous, token)) {
      if (isQuery(token)) return undefined;
      previous = token;
      continue;
    }
    if (isQuery(token) || isWord(token, 'FROM')) return undefined;
    if (isWord(token, 'SETTINGS')) settingsAt = token.start;
    const isFormat = isWord(token, 'FORMAT');
    if (isFormat || isWord(token, 'VALUES')) {
      const name = isFormat ? next() : token;
      if (name?.kind !== 'word') return undefined;
      return {
        target: sql.slice(0, settingsAt ?? token.start).trim(),
        settings: settingsAt === undefined ? '' : sql.slice(settingsAt, token.start).trim(),
        format: isFormat ? name.text : 'Values',
        end: name.end,
      };
    }
    previous = token;
  }
  return undefined;
}

/** The same INSERT with its rows read from a file of this machine. */
export function insertFromFile(insert: InsertStatement, path: string): string {
  const quoted = path.replace(/\\/g, '\\\\').replace(/'/g, "\\'");
  return `${insert.target} FROM INFILE '${quoted}' COMPRESSION 'none' ${insert.settings} FORMAT ${insert.format}`;
}

/** True where the statement would read or write a file of the server's machine on the caller's word. */
export function namesServerFile(sql: string): boolean {
  let previous: SqlToken | undefined;
  for (const token of scanSql(sql, 'clickhouse')) {
    if (isWord(previous, 'INTO') && isWord(token, 'OUTFILE')) return true;
    if (isWord(previous, 'FROM') && isWord(token, 'INFILE')) return true;
    previous = token;
  }
  return false;
}

/** True where a statement changes what later statements of its session see. */
export function changesSession(sql: string): boolean {
  const words: string[] = [];
  for (const token of scanSql(sql, 'clickhouse')) {
    words.push(token.text.toUpperCase());
    if (words.length === 4) break;
  }
  return words[0] === 'SET' || words[0] === 'USE' || words.includes('TEMPORARY');
}

function isWord(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === text;
}

function isQuery(token: SqlToken): boolean {
  return isWord(token, 'SELECT') || isWord(token, 'WITH');
}

/** A table may be called `format` or `values`: after a dot it is a name. */
function isName(previous: SqlToken | undefined, token: SqlToken): boolean {
  return previous?.text === '.' && (token.kind === 'word' || token.kind === 'quoted');
}
