import { describe, expect, test } from '@jest/globals';
import { readOutput } from './output-format.ts';

describe('how a result leaves the engine', () => {
  test.each([
    ['SELECT 1', 'JSONEachRow', 'stream'],
    ['SELECT 1 FORMAT CSV', 'JSON', 'stream'],
    ['SELECT 1', 'JSON', 'memory'],
    ['SELECT 1 FORMAT PrettyCompact', 'CSV', 'memory'],
    ['SELECT 1 FORMAT Parquet', 'CSV', 'file'],
    ['WITH 1 AS x SELECT x', 'CSVWithNames', 'file'],
    ['(SELECT 1)', 'ArrowStream', 'file'],
    ['CREATE TABLE t (a Int8) ENGINE = Memory', 'Parquet', 'memory'],
    ['INSERT INTO t SELECT 1', 'Parquet', 'memory'],
    ['WITH 1 AS x INSERT INTO t SELECT x', 'Parquet', 'memory'],
  ])('%s as %s: %s', (sql, format, way) => {
    expect(readOutput(sql, format).way).toBe(way);
  });
});

describe('a result written to a file', () => {
  test.each([
    ['SELECT 1', "SELECT 1 INTO OUTFILE '/f' COMPRESSION 'none' FORMAT ORC"],
    ['SELECT 1;', "SELECT 1 INTO OUTFILE '/f' COMPRESSION 'none' FORMAT ORC"],
    ['SELECT 1 -- end', "SELECT 1 INTO OUTFILE '/f' COMPRESSION 'none' FORMAT ORC"],
    [
      'SELECT 1 FORMAT Parquet SETTINGS a = 1;',
      "SELECT 1  INTO OUTFILE '/f' COMPRESSION 'none' FORMAT Parquet SETTINGS a = 1",
    ],
    ["SELECT 'FORMAT CSV'", "SELECT 'FORMAT CSV' INTO OUTFILE '/f' COMPRESSION 'none' FORMAT ORC"],
  ])('%s', (sql, expected) => {
    expect(readOutput(sql, 'ORC').intoFile('/f')).toBe(expected);
  });
});
