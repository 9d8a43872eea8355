import { describe, expect, test } from '@jest/globals';
import { scanSql, splitStatements } from './index.ts';

describe('splitting a file of SQL into statements', () => {
  test('a semicolon in a string, a quoted name or a comment ends nothing', () => {
    const sql = `SELECT ';' AS "a;b"; -- one; two\n/* three; four */ SELECT \`x;y\`;`;
    expect(splitStatements(sql, 'clickhouse')).toEqual([`SELECT ';' AS "a;b"`, 'SELECT `x;y`']);
  });

  test('a doubled quote stays inside its string in both dialects', () => {
    expect(splitStatements(`SELECT 'it''s; fine'; SELECT 2`, 'postgres')).toEqual([`SELECT 'it''s; fine'`, 'SELECT 2']);
    expect(splitStatements(`SELECT 'it''s; fine'; SELECT 2`, 'clickhouse')).toHaveLength(2);
  });

  test('a backslash escapes in ClickHouse and in E-strings only', () => {
    expect(splitStatements(String.raw`SELECT 'a\';b'; SELECT 2`, 'clickhouse')).toHaveLength(2);
    expect(splitStatements(String.raw`SELECT 'a\'; SELECT 2`, 'postgres')).toHaveLength(2);
    expect(splitStatements(String.raw`SELECT E'a\';b'; SELECT 2`, 'postgres')).toHaveLength(2);
  });

  test('the body of a PostgreSQL function is one piece', () => {
    const sql = 'CREATE FUNCTION f() RETURNS int AS $body$ BEGIN; RETURN 1; END $body$ LANGUAGE plpgsql; SELECT f()';
    expect(splitStatements(sql, 'postgres')).toHaveLength(2);
  });

  test('comments nest in PostgreSQL', () => {
    expect(splitStatements('/* a /* b; */ c; */ SELECT 1; SELECT 2', 'postgres')).toEqual(['SELECT 1', 'SELECT 2']);
  });

  test('a placeholder is not the start of a dollar string', () => {
    expect(splitStatements('SELECT $1; SELECT $2', 'postgres')).toEqual(['SELECT $1', 'SELECT $2']);
  });

  test('a file of comments has no statements', () => {
    expect(splitStatements('-- nothing\n;;\n/* here */', 'clickhouse')).toEqual([]);
  });
});

test('tokens carry the depth of their brackets', () => {
  const tokens = [...scanSql('f(a, [b]) c', 'clickhouse')].map(({ text, depth }) => `${text}${depth}`);
  expect(tokens).toEqual(['f0', '(0', 'a1', ',1', '[1', 'b2', ']1', ')0', 'c0']);
});
