/** What fits a Decimal(76, 30) of the warehouse. */
const integerDigits = 46;
const fractionDigits = 30;
const longestText = 400;
const largestExponent = 400;

const number = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

export type Amount = { ok: true; value: string } | { ok: false; reason: string };

/**
 * The exact decimal that `text` denotes, in plain notation without superfluous zeros (`-1.50e3` → `-1500`). No float is
 * involved. Refused with a reason: what is no number, and what does not fit 46 integer and 30 fraction digits exactly.
 */
export function parseAmount(text: string): Amount {
  const trimmed = text.trim();
  const match = trimmed.length <= longestText ? number.exec(trimmed) : null;
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (match === null || (whole === '' && fraction === '')) return { ok: false, reason: 'is not a decimal number' };
  const exponent = Number(match[4] ?? '0');
  if (Math.abs(exponent) > largestExponent) return { ok: false, reason: 'has an exponent that no amount has' };
  return place(match[1] === '-', whole + fraction, whole.length + exponent);
}

/** Puts the decimal point after `point` digits of `digits`; the point may lie outside of them. */
function place(negative: boolean, digits: string, point: number): Amount {
  const left = point <= 0 ? '' : digits.slice(0, point).padEnd(point, '0');
  const right = point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point);
  const whole = left.replace(/^0+/, '');
  const fraction = right.replace(/0+$/, '');
  if (whole.length > integerDigits)
    return {
      ok: false,
      reason: `has ${whole.length} digits before the point; at most ${integerDigits} are kept exactly`,
    };
  if (fraction.length > fractionDigits)
    return {
      ok: false,
      reason: `has ${fraction.length} digits after the point; at most ${fractionDigits} are kept exactly`,
    };
  const plain = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
  return { ok: true, value: negative && plain !== '0' ? `-${plain}` : plain };
}
