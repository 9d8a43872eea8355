import { createHash } from 'node:crypto';
import type { Asked } from '../asked.ts';

const usualDimensions = 64;

/** OpenAI embeddings, as numbers or as base64 of little-endian 32-bit floats. */
export function embeddings({ model, body }: Asked): object {
  const inputs = Array.isArray(body['input']) ? body['input'].map(String) : [String(body['input'])];
  const dimensions = typeof body['dimensions'] === 'number' ? body['dimensions'] : usualDimensions;
  const data = inputs.map((input, index) => {
    const vector = wordsVector(input, dimensions);
    const isText = body['encoding_format'] === 'base64';
    return { object: 'embedding', index, embedding: isText ? base64(vector) : vector };
  });
  const tokens = inputs.reduce((sum, input) => sum + Math.max(1, Math.ceil(input.length / 4)), 0);
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

/** Each word adds to one place of the vector by its hash, so that texts with words in common are near each other. */
function wordsVector(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    const hash = createHash('sha256').update(word).digest();
    const place = hash.readUInt32BE(0) % dimensions;
    vector[place] = (vector[place] ?? 0) + (hash.readUInt8(4) % 2 === 0 ? 1 : -1);
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => Math.fround(value / length));
}

function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes.toString('base64');
}
