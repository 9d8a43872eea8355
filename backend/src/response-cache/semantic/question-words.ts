import { isOfSyllables } from './vocabulary.ts';

/**
 * The words of a question as they are compared: small letters, contractions written out, English plurals as singulars, signs
 * that belong to a name kept (`c++`, `node.js`). Scripts without blanks, and Hangul with its endings, come as pairs of characters.
 */
export function questionWords(text: string): string[] {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[’`]/g, "'")
    .replace(/\bwon't\b/g, 'will not')
    .replace(/\bcan't\b|\bcannot\b/g, 'can not')
    .replace(/n't\b/g, ' not')
    .replace(/'(?:s|re|m|ll|d|ve)\b/g, ' ');
  const words = plain.match(/[\p{L}\p{M}\p{N}]+(?:[.+#][\p{L}\p{N}]+)*[+#]*/gu) ?? [];
  return words.flatMap((word) => (isOfSyllables(word) ? pairsOf(word) : [singular(word)]));
}

function pairsOf(word: string): string[] {
  const characters = [...word];
  if (characters.length < 3) return [word];
  return characters.slice(1).map((character, at) => characters[at]! + character);
}

function singular(word: string): string {
  if (word.length < 4 || !word.endsWith('s') || /\d/.test(word) || /(?:ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  return /(?:ch|sh|x|ss|z)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}
