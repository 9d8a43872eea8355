import { expect, test } from '@jest/globals';
import { scanSql } from './scan-sql.ts';
import { textSql } from './text-sql.ts';

test.each(['', 'gpt-4.1', "it's", '\\', "\\' OR 1 = 1 --", '연구', '\n\0', '`"'])('%j stays one string', (text) => {
  const literal = textSql(text);
  expect([...scanSql(literal, 'clickhouse')].map(({ kind }) => kind)).toEqual(['string']);
  const bytes = literal.slice(1, -1).split('\\x').slice(1);
  expect(Buffer.from(bytes.join(''), 'hex').toString('utf8')).toBe(text);
});
