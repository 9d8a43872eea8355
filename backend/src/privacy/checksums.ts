/** Check digit of payment cards (ISO/IEC 7812-1, annex B). */
export function isLuhn(digits: string): boolean {
  if (digits.length < 13 || digits.length > 19 || /^(\d)\1*$/.test(digits)) return false;
  let sum = 0;
  for (let at = digits.length - 1, even = false; at >= 0; at--, even = !even) {
    const value = (digits.charCodeAt(at) - 48) * (even ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

/** Lengths of accounts by country, of the IBAN registry of SWIFT (release 99). */
const ibanLengths: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** How long an account of the country is; undefined where the country has none. */
export function ibanLength(country: string): number | undefined {
  return ibanLengths[country.toUpperCase()];
}

/** Check digits of ISO 13616: the account moved round, letters as numbers, leaves 1 modulo 97. */
export function isIban(text: string): boolean {
  const moved = (text.slice(4) + text.slice(0, 4)).toUpperCase();
  let rest = 0;
  for (const character of moved) {
    const code = character.charCodeAt(0);
    const isDigit = code <= 57;
    rest = (rest * (isDigit ? 10 : 100) + (isDigit ? code - 48 : code - 55)) % 97;
  }
  return rest === 1;
}

const koreanWeights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
/** Since October 2020 the last six digits are drawn by lot, and the check digit with them. */
const lotsSince = '20201001';

/** A resident registration number: a date of birth, the century and sex, and a check digit (for foreigners shifted by two). */
export function isKoreanId(found: string): boolean {
  const digits = found.replace(/\D/g, '');
  const sort = Number(digits[6]);
  const century = [1, 2, 5, 6].includes(sort) ? '19' : '20';
  const born = century + digits.slice(0, 6);
  const day = new Date(`${born.slice(0, 4)}-${born.slice(4, 6)}-${born.slice(6)}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10).replaceAll('-', '') !== born) return false;
  if (found.includes('-') && born >= lotsSince) return true;
  const sum = koreanWeights.reduce((all, weight, index) => all + weight * Number(digits[index]), 0);
  return ((sort >= 5 ? 13 : 11) - (sum % 11)) % 10 === Number(digits[12]);
}
