import { formatMoney } from './money';

/** The cost of one unit: small ones with as many digits as it takes to show three that count. */
export function formatUnitCost(amount: string, currency: string): string {
  const size = Math.abs(Number(amount));
  if (size === 0 || size >= 1) return formatMoney(amount, currency);
  const digits = Math.min(8, Math.max(2, 2 - Math.floor(Math.log10(size))));
  return formatMoney(amount, currency, { digits });
}
