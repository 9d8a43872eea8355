import { estimatedTokens } from '../wire/usage-meter.ts';
import { partsTokens } from './answer-parts.ts';
import { notCarried, refuseUnlessDefault, Untranslatable } from './dialect.ts';
import { textOf, type Json } from './json.ts';

/** What a caller of OpenAI's embeddings wants. */
export interface EmbeddingsWish {
  model: string;
  inputs: string[];
  dimensions?: number;
}

/** As many as the API of OpenAI takes. */
const mostInputs = 2_048;
const carried = ['model', 'input', 'dimensions', 'encoding_format'];

/** @throws Untranslatable where the inputs are tokens, or more than 2048; where dimensions or the format are none */
export function embeddingsWish(body: Json, to: string): EmbeddingsWish {
  refuseUnlessDefault(body, { encoding_format: ['float', 'base64'] }, to);
  const { input, dimensions } = body;
  const inputs = Array.isArray(input) ? (input as unknown[]) : [input];
  const texts = inputs.filter((one): one is string => typeof one === 'string' && one !== '');
  if (texts.length !== inputs.length || inputs.length === 0 || inputs.length > mostInputs)
    throw new Untranslatable(['input'], `${to}: it takes 1 to ${mostInputs} texts, and no tokens`);
  const wish = { model: textOf(body['model']), inputs: texts };
  if (dimensions === undefined || dimensions === null) return wish;
  if (typeof dimensions !== 'number' || !Number.isInteger(dimensions) || dimensions < 1)
    throw new Untranslatable(['dimensions'], to);
  return { ...wish, dimensions };
}

/** @param more members that the other side knows besides */
export function embeddingsDropped(body: Json, more: readonly string[] = []): string[] {
  return notCarried(body, [...carried, ...more]);
}

/**
 * The answer as OpenAI writes it. Where the provider told no tokens, they are estimated.
 * @param body the answers to the parts of the request, as one @param vectors in the order of the inputs
 * @throws SyntaxError where there are not as many vectors as inputs
 */
export function embeddingsAnswer(vectors: readonly unknown[], body: Json, request: Json): Json {
  const { model, inputs } = embeddingsWish(request, 'the answer');
  if (vectors.length !== inputs.length || !vectors.every(isVector))
    throw new SyntaxError('The provider gave not one embedding for each input.');
  const isText = request['encoding_format'] === 'base64';
  const data = vectors.map((vector, index) => ({
    ...{ object: 'embedding', index },
    embedding: isText ? base64(vector as number[]) : vector,
  }));
  const tokens = partsTokens(body) ?? inputs.reduce((sum, input) => sum + estimatedTokens(Buffer.byteLength(input)), 0);
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

function isVector(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number');
}

/** Little-endian 32-bit floats, as the SDKs of OpenAI ask for. */
function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(4 * vector.length);
  vector.forEach((value, at) => bytes.writeFloatLE(value, 4 * at));
  return bytes.toString('base64');
}

/** @returns the inputs in lists of at most so many */
export function inLists(inputs: readonly string[], most: number): string[][] {
  return Array.from({ length: Math.ceil(inputs.length / most) }, (_, at) => inputs.slice(at * most, (at + 1) * most));
}
