export type Matches = (text: string) => boolean;

/**
 * A pattern in which `*` stands for any text; case is ignored. Takes time in proportion to the text, whatever the pattern.
 */
export function wildcard(pattern: string): Matches {
  const parts = pattern.toLowerCase().split('*');
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return (text) => text.toLowerCase() === first;
  return (text) => {
    const folded = text.toLowerCase();
    if (!folded.startsWith(first)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = folded.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return folded.length - last.length >= at && folded.endsWith(last);
  };
}

/** Characters of a text that a regular expression is shown; names are shorter. */
export const longestText = 256;
/** Unbounded repeats in one expression: with so short a text, time stays small whatever they do. */
const mostRepeats = 3;
const mostCounted = 64;

/**
 * What is wrong with a regular expression, or undefined. Refused is what can take time without bound: repeats of groups
 * (and with them repeats within repeats), more than three open repeats, references back, and look-around.
 */
export function regexProblem(pattern: string): string | undefined {
  if (/\\[1-9]|\\k</.test(pattern)) return 'has a back reference; leave it out';
  if (/\(\?(?:[=!]|<[=!])/.test(pattern)) return 'has a look-around; leave it out';
  let repeats = 0;
  let inClass = false;
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index];
    const isGroupEnd = !inClass && character === ')';
    if (character === '\\') index++;
    else if (character === '[') inClass = true;
    else if (character === ']') inClass = false;
    if (inClass) continue;
    const repeat = /^(?:[*+]|\{(\d*)(,?)(\d*)\})/.exec(pattern.slice(index + 1));
    if (repeat === null) continue;
    const isOpen = repeat[1] === undefined || (repeat[2] === ',' && repeat[3] === '');
    const isLong = Math.max(Number(repeat[1] ?? 0), Number(repeat[3] ?? 0)) > mostCounted;
    if (isGroupEnd) return 'repeats a group; repeat single characters or classes such as [a-z]+ only';
    if (isLong) return `counts to more than ${mostCounted}`;
    if (isOpen) repeats++;
  }
  if (repeats > mostRepeats) return `has more than ${mostRepeats} open repeats (* or +)`;
  try {
    new RegExp(pattern, 'u');
  } catch {
    return 'is no regular expression';
  }
  return undefined;
}

/** The match of an expression that was found in order, in the first 256 characters of a text. */
export function matcher(pattern: string, flags: '' | 'i' = ''): (text: string) => RegExpExecArray | null {
  const expression = new RegExp(pattern, `u${flags}`);
  return (text) => expression.exec(text.slice(0, longestText));
}
