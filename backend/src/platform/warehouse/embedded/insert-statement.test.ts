import { describe, expect, test } from '@jest/globals';
import { changesSession, insertFromFile, namesServerFile, readInsert } from './insert-statement.ts';

describe('an INSERT whose rows follow as data', () => {
  test.each([
    ['INSERT INTO t FORMAT JSONEachRow', 'INSERT INTO t', '', 'JSONEachRow'],
    ['insert into db.t (a, `b c`)\nformat CSV', 'insert into db.t (a, `b c`)', '', 'CSV'],
    ['INSERT INTO TABLE t VALUES', 'INSERT INTO TABLE t', '', 'Values'],
    ["INSERT INTO t SETTINGS a = 1, b = 'x' FORMAT Parquet", 'INSERT INTO t', "SETTINGS a = 1, b = 'x'", 'Parquet'],
    ["INSERT INTO FUNCTION null('a Int8') FORMAT TSV", "INSERT INTO FUNCTION null('a Int8')", '', 'TSV'],
    ['INSERT INTO db.format (values, settings) FORMAT TSV', 'INSERT INTO db.format (values, settings)', '', 'TSV'],
    ['/* note */ INSERT INTO t -- FORMAT CSV\n FORMAT TSV', '/* note */ INSERT INTO t -- FORMAT CSV', '', 'TSV'],
  ])('%s', (sql, target, settings, format) => {
    expect(readInsert(sql)).toMatchObject({ target, settings, format });
  });

  test('ends where its data begins', () => {
    const sql = 'INSERT INTO t FORMAT CSV\n1,2';
    expect(sql.slice(readInsert(sql)!.end)).toBe('\n1,2');
  });

  test.each([
    'SELECT 1 FORMAT CSV',
    'INSERT INTO t SELECT * FROM u FORMAT CSV',
    'INSERT INTO t (a) SELECT 1',
    'INSERT INTO t (SELECT 1)',
    'INSERT INTO t WITH 1 AS a SELECT a',
    "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
    'INSERT INTO t',
    '',
  ])('is not: %s', (sql) => {
    expect(readInsert(sql)).toBeUndefined();
  });

  test('becomes one that reads a file, its path quoted', () => {
    const insert = readInsert('INSERT INTO t (a) SETTINGS x = 1 VALUES')!;
    expect(insertFromFile(insert, "/it's/here")).toBe(
      "INSERT INTO t (a) FROM INFILE '/it\\'s/here' COMPRESSION 'none' SETTINGS x = 1 FORMAT Values",
    );
  });
});

test.each([
  ["SELECT 1 INTO OUTFILE 'x'", true],
  ["INSERT INTO t FROM INFILE 'x'", true],
  ["SELECT 'INTO OUTFILE' FROM outfile", false],
])('%s names a file of the server: %s', (sql, expected) => {
  expect(namesServerFile(sql)).toBe(expected);
});

test.each([
  ['SET a = 1', true],
  ['use db', true],
  ['CREATE TEMPORARY TABLE t (a Int8)', true],
  ['CREATE OR REPLACE TEMPORARY TABLE t (a Int8)', true],
  ['SELECT 1', false],
  ['CREATE TABLE t (a Int8)', false],
])('%s changes its session: %s', (sql, expected) => {
  expect(changesSession(sql)).toBe(expected);
});
