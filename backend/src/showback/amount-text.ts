import { exact, exactText, roundedTo } from '../platform/amounts/index.ts';

/** Digits after the point that people write of a currency (ISO 4217): 0 of won and yen, 2 of dollars. */
export function currencyDigits(currency: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** An amount for readers: rounded to the digits of its currency, thousands grouped. Files for programs keep all digits. */
export function amountText(amount: string, currency: string): string {
  const digits = currencyDigits(currency);
  const [whole = '0', fraction = ''] = exactText(roundedTo(exact(amount), digits)).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return digits === 0 ? grouped : `${grouped}.${fraction.padEnd(digits, '0')}`;
}

/** `0.031234` as `3.1 %`. */
export function percentText(share: string): string {
  return `${(Number(share) * 100).toFixed(1)} %`;
}
