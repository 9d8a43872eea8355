import { AppError } from '../platform/errors/index.ts';
import type { CurrencyRate } from './currency-rate.ts';

const day = /^\d{4}-\d{2}-\d{2}$/;
const code = /^[A-Z]{3}$/;
const rate = /^\d{1,12}(?:\.\d{1,12})?$/;

export interface EcbFile {
  rates: CurrencyRate[];
  days: number;
  currencies: string[];
  /** Cells that hold no rate although they are not empty or `N/A`: `line 3, USD`. At most 100. */
  refused: string[];
}

/**
 * The reference rates of the European Central Bank as its CSV has them (`eurofxref-hist.csv`): a line per day, a column per
 * currency, each how much of it one euro is; `N/A` and empty where there is none.
 * @throws AppError UNPROCESSABLE where the first line is not `Date,` and currencies
 */
export function parseEcbRates(text: string): EcbFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const header = (lines[0] ?? '').split(',').map((name) => name.trim());
  const currencies = header.slice(1).filter((name) => name !== '');
  if (header[0] !== 'Date' || currencies.length === 0 || !currencies.every((name) => code.test(name))) {
    throw new AppError(
      'UNPROCESSABLE',
      'This is not the CSV file of the European Central Bank: its first line is `Date,USD,JPY,...`.',
    );
  }
  const found: EcbFile = { rates: [], days: 0, currencies, refused: [] };
  lines.slice(1).forEach((line, index) => {
    if (line.trim() === '') return;
    const cells = line.split(',').map((cell) => cell.trim());
    if (!day.test(cells[0] ?? '')) return refuse(found, `line ${index + 2}, Date`);
    found.days += 1;
    header.forEach((name, column) => {
      const cell = cells[column] ?? '';
      if (column === 0 || name === '' || cell === '' || cell === 'N/A') return;
      if (!rate.test(cell) || Number(cell) === 0) return refuse(found, `line ${index + 2}, ${name}`);
      found.rates.push({ base: 'EUR', quote: name, day: cells[0]!, rate: cell, source: 'European Central Bank' });
    });
  });
  return found;
}

function refuse(found: EcbFile, place: string): void {
  if (found.refused.length < 100) found.refused.push(place);
}
