import { createHash } from 'node:crypto';
import type { Asked } from '../asked.ts';

const usualDimensions = 64;

/** An answer, with the headers in which Bedrock counts. */
export interface Embedded {
  body: object;
  headers: Record<string, string>;
}

/** Embeddings as the API of the path writes them: of OpenAI, of Gemini, of Titan and of Cohere at Bedrock. */
export function embeddings(asked: Asked): Embedded {
  if (asked.path.endsWith(':batchEmbedContents')) return { body: ofGemini(asked), headers: {} };
  return asked.path.endsWith('/invoke') ? atBedrock(asked) : { body: ofOpenai(asked), headers: {} };
}

function ofGemini({ body }: Asked): object {
  const requests = body['requests'] as { content: { parts: { text: string }[] }; outputDimensionality?: number }[];
  return {
    embeddings: requests.map(({ content, outputDimensionality }) => ({
      values: wordsVector(content.parts.map(({ text }) => text).join(' '), outputDimensionality ?? usualDimensions),
    })),
  };
}

function atBedrock({ model, body }: Asked): Embedded {
  if (typeof body['inputText'] === 'string') {
    const embedding = wordsVector(body['inputText'], Number(body['dimensions'] ?? usualDimensions));
    return { body: { embedding, inputTextTokenCount: tokensOf([body['inputText']]) }, headers: {} };
  }
  const texts = body['texts'] as string[];
  const list = texts.map((text) => wordsVector(text, Number(body['output_dimension'] ?? usualDimensions)));
  const isByType = Array.isArray(body['embedding_types']);
  return {
    body: {
      ...{ id: 'embedding', texts, response_type: isByType ? 'embeddings_by_type' : 'embeddings_floats' },
      embeddings: isByType ? { float: list } : list,
    },
    headers: model.includes('v4') ? {} : { 'x-amzn-bedrock-input-token-count': String(tokensOf(texts)) },
  };
}

function tokensOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Math.max(1, Math.ceil(text.length / 4)), 0);
}

/** As numbers or as base64 of little-endian 32-bit floats. */
function ofOpenai({ model, body }: Asked): object {
  const inputs = Array.isArray(body['input']) ? body['input'].map(String) : [String(body['input'])];
  const dimensions = typeof body['dimensions'] === 'number' ? body['dimensions'] : usualDimensions;
  const data = inputs.map((input, index) => {
    const vector = wordsVector(input, dimensions);
    const isText = body['encoding_format'] === 'base64';
    return { object: 'embedding', index, embedding: isText ? base64(vector) : vector };
  });
  const tokens = tokensOf(inputs);
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
