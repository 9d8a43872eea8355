import { describe, expect, test } from '@jest/globals';
import { csvCell, csvLines, csvRow } from './csv-writer.ts';
import { toAppError } from './problem.ts';
import { pathOf, requestIdOf } from './request-facts.ts';
import { exampleOf } from './schema-example.ts';
import { createValidatorCompiler } from './schema-validator.ts';
import { describeBrokenRules, type BrokenRule } from './validation-errors.ts';

describe('CSV', () => {
  test.each([
    ['=1+1', "'=1+1"],
    ['+cmd|calc', "'+cmd|calc"],
    ['-2+3', "'-2+3"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['  =1', "'  =1"],
    ['\t=1', `"'\t=1"`],
    ['＝1', "'＝1"],
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
    ['|calc', "'|calc"],
  ])('text that a spreadsheet would run is guarded: %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  test.each([
    ['-12.50', '-12.50'],
    ['+3', '+3'],
    ['-1e-7', '-1e-7'],
    [-4, '-4'],
    [123n, '123'],
    [true, 'true'],
    [null, ''],
    [undefined, ''],
    [new Date('2026-11-01T00:00:00Z'), '2026-11-01T00:00:00.000Z'],
    ['team a', 'team a'],
    ['a,b', '"a,b"'],
    ['a;b', '"a;b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
  ])('a harmless value keeps its meaning: %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  test('a file is its header and its rows', async () => {
    expect(csvRow(['a', '-'])).toBe("a,'-\r\n");
    const lines: string[] = [];
    for await (const line of csvLines(['team', 'cost'], [['search', '-1.5']])) lines.push(line);
    expect(lines.join('')).toBe('team,cost\r\nsearch,-1.5\r\n');
  });
});

describe('facts of a request', () => {
  test('a harmless request id is kept, anything else replaced', () => {
    expect(requestIdOf({ headers: { 'x-request-id': 'abc-1' } })).toBe('abc-1');
    for (const id of ['a b', 'x'.repeat(65), '<script>', '\n']) {
      expect(requestIdOf({ headers: { 'x-request-id': id } })).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  test('a path goes without its query and stays short', () => {
    expect(pathOf('/api/x?token=secret#y')).toBe('/api/x');
    expect(pathOf(`/${'a'.repeat(1000)}`)).toHaveLength(301);
  });
});

describe('errors', () => {
  test('an unexpected error hides its text, whatever it is', () => {
    for (const thrown of [new TypeError('x is not a function'), 'text', null, undefined, { statusCode: 500 }]) {
      const error = toAppError(thrown);
      expect(error.code).toBe('INTERNAL');
      expect(error.message).not.toContain('function');
    }
  });

  test('a client error of a plugin keeps its status', () => {
    expect(toAppError(Object.assign(new Error('no'), { statusCode: 415 })).code).toBe('UNSUPPORTED_FORMAT');
    expect(toAppError(Object.assign(new Error('big'), { code: 'FST_REQ_FILE_TOO_LARGE', statusCode: 413 })).code).toBe(
      'TOO_LARGE',
    );
  });
});

describe('validation', () => {
  test('at most a hundred broken rules are listed', () => {
    const rules: BrokenRule[] = Array.from({ length: 5000 }, (_, i) => ({
      keyword: 'type',
      instancePath: `/list/${i}`,
      params: {},
      message: 'must be string',
    }));
    expect(describeBrokenRules('body', rules)).toHaveLength(100);
  });

  test('a huge value is not searched for every broken rule', () => {
    const compile = createValidatorCompiler();
    const validate = compile({
      schema: { type: 'array', items: { type: 'string', minLength: 3 } },
      method: 'POST',
      url: '/',
      httpPart: 'body',
    });
    const outcome = validate(Array.from({ length: 200_000 }, () => '')) as { error: unknown[] };
    expect(outcome.error).toHaveLength(1);
  });

  test('a value of the query is taken for what its schema says', () => {
    const compile = createValidatorCompiler();
    const query: Record<string, unknown> = { limit: '5', dims: 'a' };
    const schema = {
      type: 'object',
      properties: {
        limit: { type: 'integer' },
        dims: { type: 'array', items: { type: 'string' } },
        page: { default: 1 },
      },
    };
    expect(compile({ schema, method: 'GET', url: '/', httpPart: 'querystring' })(query)).toBe(true);
    expect(query).toEqual({ limit: 5, dims: ['a'], page: 1 });
  });
});

describe('examples', () => {
  test('are built from a schema that gives none', () => {
    expect(
      exampleOf({
        type: 'object',
        properties: {
          kind: { anyOf: [{ const: 'a' }, { const: 'b' }] },
          at: { type: 'string', format: 'date-time' },
          maybe: { anyOf: [{ type: 'null' }, { type: 'integer', minimum: 7 }] },
          list: { type: 'array', items: { type: 'boolean' } },
        },
      }),
    ).toEqual({ kind: 'a', at: '2026-11-01T00:00:00.000Z', maybe: 7, list: [true] });
  });
});
