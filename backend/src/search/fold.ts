/**
 * Texts as search compares them: compatibility forms taken apart (Unicode NFKD), small letters, no marks, and whatever is
 * neither letter, digit nor symbol as one blank. Hangul comes apart into its letters, so that a syllable in the making finds
 * the finished one. `foldedSql` says the same to the warehouse.
 */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Mn}/gu, '')
    .replace(new RegExp(`[${parting}]+`, 'gu'), ' ')
    .trim();
}

/** Blanks, punctuation, control characters, and signs as in formulas. */
const parting = '\\p{Z}\\p{P}\\p{C}\\p{Sm}\\p{Sc}\\p{Sk}';

/** An expression of ClickHouse that folds another. */
export function foldedSql(expression: string): string {
  const plain = `replaceRegexpAll(lowerUTF8(normalizeUTF8NFKD(${expression})), '\\\\p{Mn}', '')`;
  return `trimBoth(replaceRegexpAll(${plain}, '[${parting.replaceAll('\\', '\\\\')}]+', ' '))`;
}

const maxWords = 8;

/** The words of a query, folded; each must stand in a text that is found. Empty where it holds no letter or digit. */
export function wordsOf(query: string): string[] {
  return [...new Set(fold(query).split(' '))].filter((word) => word !== '').slice(0, maxWords);
}

export const closeness = ['exact', 'prefix', 'word', 'part'] as const;
/** How near a text is to the query: the same, begins with it, a word of it does, or holds it somewhere. */
export type Closeness = (typeof closeness)[number];

export interface Hit {
  how: Closeness;
  /** Places of the words in the text, in UTF-16 units, in order, without overlap: [first, after the last]. */
  marks: [number, number][];
}

/** Whether the text holds every word, how near it is, and where the words stand. */
export function findIn(text: string, query: string, words: readonly string[]): Hit | undefined {
  const { folded, places } = foldedWithPlaces(text);
  if (words.length === 0 || !words.every((word) => folded.includes(word))) return undefined;
  const whole = fold(query);
  const how: Closeness =
    folded === whole
      ? 'exact'
      : folded.startsWith(whole)
        ? 'prefix'
        : words.every((word) => ` ${folded}`.includes(` ${word}`))
          ? 'word'
          : 'part';
  return { how, marks: merged(words.map((word) => markOf(folded, word, places))) };
}

/** A word where it begins a word of the text, else where it stands first. */
function markOf(folded: string, word: string, places: readonly [number, number][]): [number, number] {
  const atStart = ` ${folded}`.indexOf(` ${word}`);
  const at = atStart >= 0 ? atStart : folded.indexOf(word);
  return [places[at]?.[0] ?? 0, places[at + word.length - 1]?.[1] ?? 0];
}

function merged(marks: readonly [number, number][]): [number, number][] {
  const ordered: [number, number][] = [];
  for (const [from, to] of [...marks].sort(([a], [b]) => a - b)) {
    const last = ordered.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else ordered.push([from, to]);
  }
  return ordered;
}

/** The folded text, and for each of its UTF-16 units where it comes from. */
function foldedWithPlaces(text: string): { folded: string; places: [number, number][] } {
  let folded = '';
  const places: [number, number][] = [];
  let at = 0;
  for (const character of text) {
    const place: [number, number] = [at, at + character.length];
    at = place[1];
    const letters = fold(character);
    const isMark = letters === '' && /^\p{Mn}+$/u.test(character.normalize('NFKD'));
    if (isMark && places.length > 0) places.at(-1)![1] = place[1];
    const piece = letters !== '' || isMark ? letters : folded === '' || folded.endsWith(' ') ? '' : ' ';
    for (let unit = 0; unit < piece.length; unit++) places.push(unit === 0 ? place : [...place]);
    folded += piece;
  }
  return { folded: folded.trimEnd(), places };
}
