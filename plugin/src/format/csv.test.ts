import { csvCell, toCsv } from './csv';

describe('CSV', () => {
  test.each(['=HYPERLINK("http://x")', '+1+2', '-cmd', '@SUM(A1)', '\t=1', '\r=1'])(
    'never hands %j to a spreadsheet as a formula',
    (text) => {
      expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/);
    },
  );

  test('leaves numbers as they are, negative ones too', () => {
    expect(csvCell(-12.5)).toBe('-12.5');
    expect(csvCell('-0.000000000000000001')).toBe('-0.000000000000000001');
  });

  test('quotes what would break the row', () => {
    expect(toCsv([['a,b', 'say "x"', 'two\nlines', null]])).toBe('"a,b","say ""x""","two\nlines",');
  });
});
