import { describe, expect, test } from '@jest/globals';
import { CsvError, CsvScanner, type BillRecord } from './csv-scanner.ts';

function scan(pieces: Iterable<string>): [number, ...string[]][] {
  const scanner = new CsvScanner();
  const records: BillRecord[] = [];
  for (const piece of pieces) records.push(...scanner.push(piece));
  records.push(...scanner.end());
  return records.map(({ line, fields }) => [line, ...fields]);
}

const text = 'a,b\r\n1,"x\r\ny, ""q"""\r\n\r\n,\n"",3\r"last\nline",é😀';
const records = [
  [1, 'a', 'b'],
  [2, '1', 'x\r\ny, "q"'],
  [5, '', ''],
  [6, '', '3'],
  [7, 'last\nline', 'é😀'],
];

describe('the CSV scanner', () => {
  test('reads quotes, line ends of every kind, empty fields and a last line without an end', () => {
    expect(scan([text])).toEqual(records);
  });

  test.each([1, 2, 3, 5, 7])('finds the same records in pieces of %d characters', (size) => {
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.slice(at * size, (at + 1) * size),
    );
    expect(scan(pieces)).toEqual(records);
  });

  test('takes a quote inside an unquoted field as it is', () => {
    expect(scan(['5" disk,say "hi"\n'])).toEqual([[1, '5" disk', 'say "hi"']]);
  });

  test('tells on which line the record begins that breaks the rules', () => {
    for (const [broken, line] of [
      ['a\nb\n"open', 3],
      ['a\n"b"c\n', 2],
    ] as const) {
      const error = (() => {
        try {
          scan([broken]);
          return undefined;
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toBeInstanceOf(CsvError);
      expect((error as CsvError).line).toBe(line);
    }
  });

  test('gives up on a record that does not end', () => {
    const endless = (function* () {
      yield '"';
      for (let piece = 0; piece < 10; piece++) yield 'x'.repeat(1024 * 1024);
    })();
    expect(() => scan(endless)).toThrow(/quote is not closed/);
  });

  test('finds nothing in nothing', () => {
    expect(scan([])).toEqual([]);
    expect(scan(['\n\r\n'])).toEqual([]);
  });
});
