import { describe, expect, test } from '@jest/globals';
import { CsvError, CsvScanner, EncodingError, fieldTexts } from './csv-scanner.ts';

function scan(pieces: Iterable<string | Buffer>, delimiter = ','): [number, ...string[]][] {
  const scanner = new CsvScanner(delimiter);
  const records: [number, ...string[]][] = [];
  for (const piece of pieces)
    for (const record of scanner.push(Buffer.from(piece))) records.push([record.line, ...fieldTexts(record)]);
  for (const record of scanner.end()) records.push([record.line, ...fieldTexts(record)]);
  return records;
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

  test.each([1, 2, 3, 5, 7])('finds the same records in pieces of %d bytes', (size) => {
    const bytes = Buffer.from(`\ufeff${text}`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
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

  test('takes any delimiter, also one of several bytes', () => {
    expect(scan(['a|b,c|"d|e"\n'], '|')).toEqual([[1, 'a', 'b,c', 'd|e']]);
    expect(scan(['a☃b\u2602☃☃c\n'], '☃')).toEqual([[1, 'a', 'b\u2602', '', 'c']]);
  });

  test('reads as many columns as there are', () => {
    const wide = Array.from({ length: 300 }, (_, at) => `v${at}`);
    expect(scan([wide.join(',')])).toEqual([[1, ...wide]]);
  });

  test('refuses what is not UTF-8', () => {
    expect(() => scan([Buffer.from('Caf\u00e9,1\n', 'latin1')])).toThrow(EncodingError);
    expect(() => scan([Buffer.from([0x61, 0xc3])])).toThrow(EncodingError);
  });

  test('finds nothing in nothing', () => {
    expect(scan([])).toEqual([]);
    expect(scan(['\n\r\n'])).toEqual([]);
  });
});
