import { describe, expect, test } from '@jest/globals';
import { formatTraceparent, parseTraceparent } from './trace-context.ts';

const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traceparent', () => {
  test('is read and written without change', () => {
    expect(formatTraceparent(parseTraceparent(valid)!)).toBe(valid);
  });

  test('of a later version is read by its first four fields', () => {
    expect(parseTraceparent(`cc${valid.slice(2)}-what-comes-later`)).toEqual(parseTraceparent(valid));
  });

  test.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['version ff', `ff${valid.slice(2)}`],
    ['capitals', valid.toUpperCase()],
    ['a trace id of zeros', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['a span id of zeros', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
    ['more fields than version 00 has', `${valid}-more`],
    ['a header of 1000 characters', `01${valid.slice(2)}-${'a'.repeat(1000)}`],
  ])('is ignored where it is %s', (_what, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});
