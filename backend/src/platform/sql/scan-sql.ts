/** The two dialects differ in what escapes a quote inside a string and in how comments nest. */
export type SqlDialect = 'clickhouse' | 'postgres';

export interface SqlToken {
  /** `word`: keyword, name or number; `string`: a literal; `quoted`: a quoted name; `mark`: one character of punctuation. */
  kind: 'word' | 'string' | 'quoted' | 'mark';
  text: string;
  start: number;
  end: number;
  /** Brackets that are open around the token; a closing bracket counts as outside. */
  depth: number;
}

/**
 * The tokens of a text of SQL in order, without blanks and comments. An unclosed literal or comment ends with the text:
 * the engine reports that better than a scanner can.
 */
export function* scanSql(sql: string, dialect: SqlDialect): Generator<SqlToken> {
  let at = 0;
  let depth = 0;
  while (at < sql.length) {
    const skipped = skipBlank(sql, at, dialect);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const end = tokenEnd(sql, at, dialect);
    const text = sql.slice(at, end);
    if (isClosing(text)) depth = Math.max(0, depth - 1);
    yield { kind: kindOf(sql, at, end, dialect), text, start: at, end, depth };
    if (text === '(' || text === '[' || text === '{') depth += 1;
    at = end;
  }
}

/** The statements of a file, without their semicolons; a semicolon inside a literal, a name or a comment ends nothing. */
export function splitStatements(sql: string, dialect: SqlDialect): string[] {
  const statements: string[] = [];
  let first: number | undefined;
  let last = 0;
  for (const token of scanSql(sql, dialect)) {
    if (token.text === ';' && token.kind === 'mark') {
      if (first !== undefined) statements.push(sql.slice(first, last));
      first = undefined;
      continue;
    }
    first ??= token.start;
    last = token.end;
  }
  if (first !== undefined) statements.push(sql.slice(first, last));
  return statements;
}

function skipBlank(sql: string, at: number, dialect: SqlDialect): number {
  if (/\s/.test(sql[at]!)) return at + 1;
  const two = sql.slice(at, at + 2);
  if (two === '--' || (dialect === 'clickhouse' && (two === '#!' || two === '# '))) return lineEnd(sql, at);
  if (two === '/*') return commentEnd(sql, at, dialect === 'postgres');
  return at;
}

function lineEnd(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end < 0 ? sql.length : end + 1;
}

function commentEnd(sql: string, start: number, nests: boolean): number {
  let open = 1;
  let at = start + 2;
  while (at < sql.length && open > 0) {
    const two = sql.slice(at, at + 2);
    if (two === '*/') open -= 1;
    else if (two === '/*' && nests) open += 1;
    at += two === '*/' || (two === '/*' && nests) ? 2 : 1;
  }
  return at;
}

function tokenEnd(sql: string, at: number, dialect: SqlDialect): number {
  const char = sql[at]!;
  if (char === "'") return quoteEnd(sql, at, dialect === 'clickhouse' || isEscapeString(sql, at));
  if (char === '"' || char === '`') return quoteEnd(sql, at, dialect === 'clickhouse');
  if (char === '$') return dollarEnd(sql, at);
  if (isWordChar(char)) {
    let end = at + 1;
    while (end < sql.length && isWordChar(sql[end]!)) end += 1;
    return end;
  }
  return at + 1;
}

/** PostgreSQL's E'...' strings, in which a backslash escapes. */
function isEscapeString(sql: string, at: number): boolean {
  const before = sql[at - 1];
  return (before === 'E' || before === 'e') && !isWordChar(sql[at - 2] ?? ' ');
}

function quoteEnd(sql: string, start: number, backslash: boolean): number {
  const quote = sql[start]!;
  let at = start + 1;
  while (at < sql.length) {
    if (backslash && sql[at] === '\\') at += 2;
    else if (sql[at] !== quote) at += 1;
    else if (sql[at + 1] === quote) at += 2;
    else return at + 1;
  }
  return sql.length;
}

/** `$tag$ ... $tag$`; a lone `$` is punctuation. */
function dollarEnd(sql: string, start: number): number {
  const tag = /^\$[A-Za-z_0-9]*\$/.exec(sql.slice(start, start + 66))?.[0];
  if (tag === undefined || /^\$\d/.test(tag)) return start + 1;
  const end = sql.indexOf(tag, start + tag.length);
  return end < 0 ? sql.length : end + tag.length;
}

function kindOf(sql: string, start: number, end: number, dialect: SqlDialect): SqlToken['kind'] {
  const char = sql[start]!;
  if (char === "'") return 'string';
  if (char === '$' && end > start + 1) return 'string';
  if (char === '"' || (char === '`' && dialect === 'clickhouse')) return 'quoted';
  return isWordChar(char) ? 'word' : 'mark';
}

function isWordChar(char: string): boolean {
  return /[\p{L}\p{N}_]/u.test(char);
}

function isClosing(text: string): boolean {
  return text === ')' || text === ']' || text === '}';
}
