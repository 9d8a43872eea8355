import { describe, expect, test } from '@jest/globals';
import { parseInstant } from './instant.ts';

const text = (value: string) => {
  const instant = parseInstant(value);
  return instant.ok ? instant.text : instant.reason;
};

describe('an instant', () => {
  test.each([
    ['2024-09-01 00:00:00', '2024-09-01 00:00:00'],
    ['2024-09-01T00:00:00Z', '2024-09-01 00:00:00'],
    ['2024-09-01T00:00Z', '2024-09-01 00:00:00'],
    ['2024-09-01T02:00:00+02:00', '2024-09-01 00:00:00'],
    ['2024-08-31T19:30:00-0430', '2024-09-01 00:00:00'],
    ['2024-09-01 05:06:07.123456', '2024-09-01 05:06:07'],
    ['2024-02-29', '2024-02-29 00:00:00'],
    ['2024-09-01 00:00:00 UTC', '2024-09-01 00:00:00'],
    ['1970-01-01T00:00:00Z', '1970-01-01 00:00:00'],
    ['2106-02-07T06:28:15Z', '2106-02-07 06:28:15'],
  ])('%s is %s', (value, utc) => {
    expect(text(value)).toBe(utc);
  });

  test.each(['9999-12-31T00:00:00Z', '1969-12-31T23:59:59Z', '2106-02-07T06:28:16Z'])(
    '%s does not fit the warehouse and is refused',
    (value) => {
      expect(text(value)).toMatch(/outside 1970/);
    },
  );

  test.each(['2023-02-29', '2024-13-01', '2024-04-31T00:00:00Z', '2024-01-01T25:00:00Z'])(
    '%s does not exist',
    (value) => {
      expect(text(value)).toMatch(/does not exist/);
    },
  );

  test.each(['', '09/01/2024', 'yesterday', '2024-9-1', '20240901', '1725148800'])('%p is not ISO 8601', (value) => {
    expect(text(value)).toMatch(/ISO 8601/);
  });
});
