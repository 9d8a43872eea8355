import { expect, test } from '@jest/globals';
import { assertReads } from './read-guard.ts';

test.each([
  'SELECT 1',
  '-- why\nWITH a AS (SELECT 1) SELECT * FROM a;',
  'EXPLAIN SELECT 1',
  "SELECT 'INSERT; DROP' AS x",
  'SELECT sum(x), count() FROM a, b JOIN (SELECT 1) c ON 1 WHERE f(x) IN (1)',
  'SELECT number FROM numbers(10)',
])('reads: %s', (sql) => {
  expect(() => assertReads(sql, true)).not.toThrow();
});

test.each([
  '',
  '/* nothing */',
  'DROP TABLE t',
  'SELECT 1; SELECT 2',
  'WITH 1 AS x INSERT INTO t SELECT x',
  'ALTER TABLE t DELETE WHERE 1',
])('does not: %s', (sql) => {
  expect(() => assertReads(sql, false)).toThrow(/query\(\)/);
});

test.each([
  'SELECT 1 SETTINGS additional_table_filters = {}',
  "SELECT * FROM merge(currentDatabase(), '.*')",
  "SELECT * FROM a, remote('h', 'd', 't')",
  "SELECT * FROM a JOIN clusterAllReplicas('c', t) b ON 1",
  "SELECT * FROM file('/etc/passwd')",
])('goes round a scope: %s', (sql) => {
  expect(() => assertReads(sql, true)).toThrow(/scoped query/);
  expect(() => assertReads(sql, false)).not.toThrow();
});
