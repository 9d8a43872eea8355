/**
 * CSV as spreadsheets open it (RFC 4180, CRLF). Text that a spreadsheet would run as a formula gets a leading apostrophe;
 * numbers, also negative ones, stay numbers.
 */

/** Characters that begin a formula in some spreadsheet, with their full-width forms. */
const formulaStart = /^\s*[=+\-@＝＋－＠|]/u;
const plainNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const needsQuotes = /[",;\t\r\n]|^\s|\s$/;

export type CsvValue = string | number | bigint | boolean | Date | null | undefined;

/** One value as a cell: guarded against formulas, quoted where needed. Dates become ISO 8601 in UTC, absent values empty. */
export function csvCell(value: CsvValue): string {
  if (value === null || value === undefined) return '';
  const text = value instanceof Date ? value.toISOString() : String(value);
  const harmless = typeof value !== 'string' || plainNumber.test(text);
  const startsControl = /^[\t\r\n]/.test(text);
  const guarded = !harmless && (formulaStart.test(text) || startsControl) ? `'${text}` : text;
  return needsQuotes.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** One line of a CSV file, its line end included. */
export function csvRow(values: readonly CsvValue[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}

/** A CSV file piece by piece: the header, then one line per row. */
export async function* csvLines(
  header: readonly string[],
  rows: AsyncIterable<readonly CsvValue[]> | Iterable<readonly CsvValue[]>,
): AsyncGenerator<string> {
  yield csvRow(header);
  for await (const row of rows) yield csvRow(row);
}
