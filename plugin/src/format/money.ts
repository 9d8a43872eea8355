/** Amounts arrive as exact decimals in strings. They are shown by Intl, which reads such strings without rounding through a float. */
export function formatMoney(
  amount: string,
  currency: string,
  options: { digits?: number; locale?: string } = {},
): string {
  const known = /^[A-Z]{3}$/.test(currency);
  // Small amounts have the digits of their currency: won and yen have none.
  const digits = options.digits ?? (Math.abs(Number(amount)) >= 1000 ? 0 : known ? undefined : 2);
  const format = new Intl.NumberFormat(options.locale ?? 'en-US', {
    ...(known ? { style: 'currency', currency } : {}),
    ...(digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  });
  const text = format.format(amount as Intl.StringNumericLiteral).replace('-', '−');
  return known ? text : `${text} ${currency}`.trim();
}

/** Share of a whole from an exact decimal, e.g. `0.031` as `3.1 %` (the space does not break). */
export function formatShare(share: string | number, digits = 1): string {
  return `${(Number(share) * 100).toFixed(digits).replace('-', '−')}\u00a0%`;
}

/** Change in percent from `before` to `now`; undefined where there was nothing before. */
export function changePercent(now: string, before: string | undefined): number | undefined {
  const old = Number(before);
  if (before === undefined || !(old > 0)) return undefined;
  return ((Number(now) - old) / old) * 100;
}

/** `+8.3 %`, with a real minus sign. */
export function formatChange(percent: number): string {
  const rounded = Math.abs(percent) >= 100 ? percent.toFixed(0) : percent.toFixed(1);
  return `${percent >= 0 ? '+' : '−'}${rounded.replace('-', '')}\u00a0%`;
}
