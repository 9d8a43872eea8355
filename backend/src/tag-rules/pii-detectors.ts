import type { piiDetectorNames } from '../platform/config/index.ts';

export type PiiKind = (typeof piiDetectorNames)[number];

interface Detector {
  kind: PiiKind;
  /** Candidates; every repeat in it is bounded or over one class, so that it takes time in proportion to the text. */
  pattern: RegExp;
  /** Whether a candidate is one. Default: yes. */
  holds?(found: string): boolean;
  /** One spelling of equal things. */
  tidy(found: string): string;
}

const digitsOf = (text: string): string => text.replace(/\D/g, '');

/** In the order in which they look: what is most certain first. */
const detectors: readonly Detector[] = [
  {
    kind: 'apiKey',
    pattern:
      /\b(?:sk-[A-Za-z0-9_-]{16,200}|(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,100}|AIza[A-Za-z0-9_-]{35}|xox[abprs]-[A-Za-z0-9-]{10,200}|hf_[A-Za-z0-9]{30,100}|gl(?:pat|sa|c)[-_][A-Za-z0-9_-]{16,200}|eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{0,2000})/g,
    tidy: (found) => found,
  },
  {
    kind: 'email',
    pattern: /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,5}/gu,
    tidy: (found) => found.toLowerCase(),
  },
  {
    kind: 'iban',
    pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])/g,
    holds: isIban,
    tidy: (found) => found.replaceAll(' ', ''),
  },
  {
    kind: 'koreanId',
    pattern: /(?<![\dA-Za-z-])\d{6}-?[1-8]\d{6}(?![\dA-Za-z-])/g,
    holds: isKoreanId,
    tidy: digitsOf,
  },
  {
    kind: 'card',
    pattern: /(?<![\dA-Za-z-])[3-6]\d{3}(?:[ -]?\d){9,15}(?![\dA-Za-z-])/g,
    holds: (found) => isLuhn(digitsOf(found)),
    tidy: digitsOf,
  },
  {
    kind: 'phone',
    pattern:
      /(?<![\dA-Za-z.+-])(?:\+\d{1,3}(?:[ .()-]{0,2}\d){6,12}|0\d{1,2}[ -]\d{3,4}[ -]\d{4}|01[016789]\d{7,8}|\(?[2-9]\d{2}\)?[ -]\d{3}-\d{4})(?![\dA-Za-z])/g,
    tidy: digitsOf,
  },
];

/**
 * The text with everything of these kinds replaced; the same text where there is nothing.
 * @param replace makes the replacement of what was found, in its one spelling
 */
export function replacePii(
  text: string,
  kinds: ReadonlySet<PiiKind>,
  replace: (kind: PiiKind, found: string) => string,
): string {
  let result = text;
  for (const { kind, pattern, holds, tidy } of detectors) {
    if (!kinds.has(kind)) continue;
    result = result.replace(pattern, (found) =>
      holds === undefined || holds(found) ? replace(kind, tidy(found)) : found,
    );
  }
  return result;
}

/** Check digit of payment cards (ISO/IEC 7812-1, annex B). */
function isLuhn(digits: string): boolean {
  if (digits.length < 13 || digits.length > 19 || /^(\d)\1*$/.test(digits)) return false;
  let sum = 0;
  [...digits].reverse().forEach((digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return sum % 10 === 0;
}

/** Check digits of ISO 13616: the account moved round, letters as numbers, leaves 1 modulo 97. */
function isIban(found: string): boolean {
  const text = found.replaceAll(' ', '');
  const moved = text.slice(4) + text.slice(0, 4);
  let rest = 0;
  for (const character of moved)
    for (const digit of /\d/.test(character) ? character : String(character.charCodeAt(0) - 55))
      rest = (rest * 10 + Number(digit)) % 97;
  return text.length >= 15 && rest === 1;
}

const koreanWeights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
/** Since October 2020 the last six digits are drawn by lot, and the check digit with them. */
const lotsSince = '20201001';

/** A resident registration number: a date of birth, the century and sex, and a check digit (for foreigners shifted by two). */
function isKoreanId(found: string): boolean {
  const digits = digitsOf(found);
  const sort = Number(digits[6]);
  const century = [1, 2, 5, 6].includes(sort) ? '19' : '20';
  const born = century + digits.slice(0, 6);
  const day = new Date(`${born.slice(0, 4)}-${born.slice(4, 6)}-${born.slice(6)}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10).replaceAll('-', '') !== born) return false;
  if (found.includes('-') && born >= lotsSince) return true;
  const sum = koreanWeights.reduce((all, weight, index) => all + weight * Number(digits[index]), 0);
  return ((sort >= 5 ? 13 : 11) - (sum % 11)) % 10 === Number(digits[12]);
}
