import { ibanLength, isIban, isKoreanId, isLuhn } from './checksums.ts';
import { digitsOf, patternDetector, type Detector } from './detector.ts';

interface Maker {
  prefixes: readonly string[];
  /** Characters that follow, and how many. */
  characters: string;
  least: number;
  most: number;
}

/** Keys as their makers begin them. */
const makers: readonly Maker[] = [
  { prefixes: ['sk-'], characters: 'A-Za-z0-9_-', least: 16, most: 200 },
  { prefixes: ['AKIA', 'ASIA'], characters: 'A-Z0-9', least: 16, most: 16 },
  { prefixes: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'hf_'], characters: 'A-Za-z0-9', least: 30, most: 100 },
  { prefixes: ['github_pat_'], characters: 'A-Za-z0-9_', least: 22, most: 255 },
  { prefixes: ['AIza'], characters: 'A-Za-z0-9_-', least: 35, most: 35 },
  { prefixes: ['xoxa-', 'xoxb-', 'xoxp-', 'xoxr-', 'xoxs-'], characters: 'A-Za-z0-9-', least: 10, most: 200 },
  { prefixes: ['glpat-', 'glsa_', 'glc_'], characters: 'A-Za-z0-9_-', least: 16, most: 200 },
  { prefixes: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'], characters: 'A-Za-z0-9', least: 16, most: 200 },
  { prefixes: ['npm_'], characters: 'A-Za-z0-9', least: 36, most: 36 },
  { prefixes: ['amk_'], characters: 'A-Za-z0-9_-', least: 43, most: 43 },
];
const wholeKeys = makers.flatMap(({ prefixes, characters, least, most }) =>
  prefixes.map((prefix) => `${prefix}[${characters}]{${least},${most}}`),
);
const begunKeys = makers.flatMap(({ prefixes, characters, most }) =>
  prefixes.map((prefix) => beginning(prefix, `[${characters}]{0,${most}}`)),
);
const jwtPart = '[A-Za-z0-9_-]';

/** `abc` and then `rest`, or any beginning of it. */
function beginning(literal: string, rest: string): string {
  return [...literal].reduceRight((tail, character) => `${character}(?:${tail})?`, rest);
}

/** How long keys of the maker are at least. `eyJ` and eight more begin a token: eleven. */
function shortest({ prefixes, least }: Maker): number[] {
  return prefixes.map((prefix) => prefix.length + least);
}

const apiKey = patternDetector({
  kind: 'apiKey',
  pattern: new RegExp(
    `\\b(?:${wholeKeys.join('|')}|eyJ${jwtPart}{8,2000}\\.${jwtPart}{8,2000}\\.${jwtPart}{0,2000})`,
    'g',
  ),
  partial: new RegExp(
    `\\b(?:${begunKeys.join('|')}` +
      `|${beginning('eyJ', `${jwtPart}{0,2000}(?:\\.${jwtPart}{0,2000}(?:\\.${jwtPart}{0,2000})?)?`)})$`,
    'g',
  ),
  longest: 6100,
  run: { characters: 'A-Za-z0-9_-', least: Math.min(11, ...makers.flatMap(shortest)) },
});

const emailByPattern = patternDetector({
  kind: 'email',
  pattern: /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,5}/gu,
  partial: /[\p{L}\p{N}._%+-]{1,64}(?:@[\p{L}\p{N}-]{0,63}(?:\.[\p{L}\p{N}-]{0,63}){0,5})?$/gu,
  tidy: (found) => found.toLowerCase(),
});
/** Longest of what stands before an @, in UTF-16 units. */
const longestLocal = 128;
/** Most texts have no @ in them: what stands far before one need not be looked at. */
const email: Detector = {
  ...emailByPattern,
  find: (text, from) => {
    const at = text.indexOf('@', from);
    return at < 0 ? undefined : emailByPattern.find(text, Math.max(from, afterHalf(text, at - longestLocal)));
  },
};

/** The place, or the next one where it lies within a character of two units. */
function afterHalf(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text[at] ?? '') ? at + 1 : at;
}

const iban = patternDetector({
  kind: 'iban',
  needsDigit: true,
  run: { characters: '0-9', least: 2, before: 2 },
  pattern: /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?= ?[A-Za-z0-9])/g,
  partial: /(?<![A-Za-z0-9])[A-Za-z](?:[A-Za-z](?:\d(?:\d(?: ?[A-Za-z0-9]){0,30} ?)?)?)?$/g,
  ends: (text, match) => {
    const wanted = ibanLength(match[0].slice(0, 2));
    if (wanted === undefined) return undefined;
    let account = '';
    let at = match.index;
    for (; account.length < wanted; at++) {
      if (text[at] === ' ' && account.length >= 4 && text[at - 1] !== ' ') continue;
      if (!/^[A-Za-z0-9]$/.test(text[at] ?? '')) return undefined;
      account += text[at]!;
    }
    return /[A-Za-z0-9]/.test(text[at] ?? '') || !isIban(account) ? undefined : at;
  },
  tidy: (found) => found.replaceAll(' ', '').toUpperCase(),
});

const koreanId = patternDetector({
  kind: 'koreanId',
  needsDigit: true,
  run: { characters: '0-9', least: 6 },
  pattern: /(?<![\dA-Za-z-])\d{6}-?[1-8]\d{6}(?![\dA-Za-z-])/g,
  partial: /(?<![\dA-Za-z-])\d{1,7}(?:-?\d{0,7})?$/g,
  ends: (_text, match) => (isKoreanId(match[0]) ? match.index + match[0].length : undefined),
  tidy: digitsOf,
});

const fewestDigits = 13;
const mostDigits = 19;
const card = patternDetector({
  kind: 'card',
  needsDigit: true,
  run: { characters: '0-9', least: 4 },
  pattern: /(?<![\dA-Za-z-])[2-6]\d{3}(?=(?:[ -]?\d){9})/g,
  partial: /(?<![\dA-Za-z-])[2-6]\d{0,3}(?:[ -]?\d){0,16}[ -]?$/g,
  /** The longest run of groups of digits that has a right check digit: what follows a card may be digits too. */
  ends: (text, match) => {
    let digits = '';
    let end: number | undefined;
    for (let at = match.index; digits.length < mostDigits; at++) {
      const here = text[at] ?? '';
      if (/^[ -]$/.test(here) && /^\d$/.test(text[at - 1]!)) continue;
      if (!/^\d$/.test(here)) break;
      digits += here;
      if (digits.length >= fewestDigits && !/^[\dA-Za-z-]$/.test(text[at + 1] ?? '') && isLuhn(digits)) end = at + 1;
    }
    return end;
  },
  tidy: digitsOf,
});

const phone = patternDetector({
  kind: 'phone',
  needsDigit: true,
  pattern:
    /(?<![\dA-Za-z.+-])(?:\+\d{1,3}(?:[ .()-]{0,2}\d){6,12}|0\d{1,2}[ .)-]\d{3,4}[ .-]\d{4}|01[016789]\d{7,8}|\(?[2-9]\d{2}\)?[ -]\d{3}-\d{4})(?![\dA-Za-z])/g,
  partial: /(?<![\dA-Za-z.+-])[+(]?(?:\d[\d .()-]{0,45})?$/g,
  tidy: digitsOf,
});

const shortestSecret = 24;
const keyCharacters = 'A-Za-z0-9+/_\\-';
/** Share of the entropy that so many characters can have at most: words and numbers of versions stay below. */
const leastShare = 0.82;
/** Random characters as keys have them: upper and lower case and digits in one run, and hardly one twice. */
const secret = patternDetector({
  kind: 'secret',
  needsDigit: true,
  run: { characters: keyCharacters, least: shortestSecret },
  pattern: new RegExp(
    `(?<![${keyCharacters}=])[${keyCharacters}]{${shortestSecret},200}={0,2}(?![${keyCharacters}=])`,
    'g',
  ),
  partial: new RegExp(`(?<![${keyCharacters}=])[${keyCharacters}]{1,200}={0,2}$`, 'g'),
  ends: (_text, match) => (isRandom(match[0]) ? match.index + match[0].length : undefined),
});

function isRandom(found: string): boolean {
  if (!/[a-z]/.test(found) || !/[A-Z]/.test(found) || (found.match(/\d/g)?.length ?? 0) < 2) return false;
  const counts = new Map<string, number>();
  for (const character of found) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / found.length) * Math.log2(count / found.length);
  return bits >= leastShare * Math.log2(Math.min(found.length, 64));
}

/** In the order in which they count where two find something at the same place: what is most certain first. */
export const patternDetectors: readonly Detector[] = [apiKey, email, iban, koreanId, card, phone, secret];
