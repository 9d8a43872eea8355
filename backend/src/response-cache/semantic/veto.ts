import { wordsOf } from './lexical-vector.ts';

const negations: ReadonlySet<string> = new Set([
  ...[
    'no',
    'not',
    'never',
    'without',
    'none',
    'nor',
    'cannot',
    'dont',
    'doesnt',
    'didnt',
    'isnt',
    'arent',
    'wasnt',
    'wont',
    'cant',
    'shouldnt',
    'except',
  ],
  ...['안', '못', '없이', '말고', '제외'],
]);

/**
 * What two texts must share to be able to mean the same: their numbers, and whether they deny something. A word more or less
 * here turns the meaning while it hardly moves a vector.
 */
export function mayMeanTheSame(one: string, other: string): boolean {
  return numbersOf(one) === numbersOf(other) && denials(one) % 2 === denials(other) % 2;
}

function numbersOf(text: string): string {
  return (text.match(/\p{N}+(?:[.,:]\p{N}+)*/gu) ?? []).sort().join(' ');
}

function denials(text: string): number {
  const words = wordsOf(text.replace(/['’]/g, ''));
  return words.filter((word) => negations.has(word) || word.includes('않')).length;
}
