/** Digits behind the point that amounts can have. */
const digits = 40;

/** The sum of exact decimals, as exact. */
export function exactSum(amounts: readonly string[]): string {
  const sum = amounts.reduce((total, amount) => total + scaled(amount), 0n);
  const [sign, size] = sum < 0n ? ['-', -sum] : ['', sum];
  const text = size.toString().padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0+$/, '');
  return `${sign}${text.slice(0, -digits)}${fraction === '' ? '' : `.${fraction}`}`;
}

function scaled(amount: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^([+-]?)(\d*)\.?(\d*)$/.exec(amount) ?? [];
  const size = BigInt(`${whole || '0'}${fraction.slice(0, digits).padEnd(digits, '0')}`);
  return sign === '-' ? -size : size;
}
