const dimensions = 512;
const gramLengths = [3, 4];
/** A word says more than one of its parts. */
const wordWeight = 2;

/**
 * A vector of a text without a model: its words and their parts of three and four characters, hashed into 512 numbers with signs
 * (feature hashing, Weinberger et al. 2009), of length 1. Texts that share words and forms of words lie close.
 */
export function lexicalVector(text: string): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const word of wordsOf(text)) {
    add(vector, `w${word}`, wordWeight * weightOf(word));
    const framed = `^${word}$`;
    for (const length of gramLengths)
      for (let at = 0; at + length <= framed.length; at++)
        add(vector, framed.slice(at, at + length), weightOf(word) / Math.sqrt(framed.length));
  }
  return normalised(vector);
}

export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** @returns the vector with length 1; zeros stay zeros */
export function normalised(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** Cosine of two vectors of length 1. */
export function cosine(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return 0;
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += one[at]! * other[at]!;
  return sum;
}

/** Short words are mostly there for grammar. */
function weightOf(word: string): number {
  return word.length <= 2 ? 0.3 : word.length === 3 ? 0.6 : 1;
}

function add(vector: Float32Array, feature: string, weight: number): void {
  let hash = 0x811c9dc5;
  for (let at = 0; at < feature.length; at++) hash = Math.imul(hash ^ feature.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash ^= hash >>> 13;
  const place = (hash >>> 1) % dimensions;
  vector[place] = vector[place]! + (hash & 1 ? weight : -weight);
}
