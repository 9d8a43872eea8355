/** The same but for blanks and the case of letters. */
export function isEqualAnswer(one: string, other: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ').trim();
  return plain(one) === plain(other);
}

/** @returns cosine of the counts of words and of pairs of words, 0 to 1. */
export function wordLikeness(one: string, other: string): number {
  const [a, b] = [grams(one), grams(other)];
  if (a.size === 0 || b.size === 0) return a.size === b.size ? 1 : 0;
  let product = 0;
  for (const [gram, count] of a) product += count * (b.get(gram) ?? 0);
  return product / (norm(a) * norm(b));
}

function grams(text: string): Map<string, number> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const counts = new Map<string, number>();
  for (const [at, word] of words.entries()) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
    if (at > 0) {
      const pair = `${words[at - 1]!} ${word}`;
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
  }
  return counts;
}

function norm(counts: ReadonlyMap<string, number>): number {
  return Math.sqrt([...counts.values()].reduce((sum, count) => sum + count * count, 0));
}

/** @returns cosine of two vectors, at least 0. @throws Error where they are none of one length */
export function vectorLikeness(one: readonly number[], other: readonly number[]): number {
  if (one.length === 0 || one.length !== other.length) throw new Error('The vectors are not of one length.');
  let [product, a, b] = [0, 0, 0];
  for (const [at, value] of one.entries()) {
    product += value * other[at]!;
    a += value * value;
    b += other[at]! * other[at]!;
  }
  return a === 0 || b === 0 ? 0 : Math.max(0, product / Math.sqrt(a * b));
}
