import { numberOf, objectOf, objectsOf, type Json } from './json.ts';

/** What a provider answered to one part of what was asked. */
export interface AnswerPart {
  answer: Json;
  /** Tokens of the prompt, where its headers told them. */
  inputTokens?: number;
}

/** Answers to the parts of one request, as one body. */
export function joinedParts(parts: readonly AnswerPart[]): Json {
  return { parts };
}

export function partsOf(body: Json): AnswerPart[] {
  return objectsOf(body['parts']).map(({ answer, inputTokens }) => ({
    answer: objectOf(answer),
    ...(typeof inputTokens === 'number' ? { inputTokens } : {}),
  }));
}

/** Tokens of all parts, wherever the provider told them; undefined where it told none of one of them. */
export function partsTokens(body: Json): number | undefined {
  let sum = 0;
  for (const part of partsOf(body)) {
    const tokens = part.inputTokens ?? toldIn(part.answer);
    if (tokens === undefined) return undefined;
    sum += tokens;
  }
  return sum;
}

/** Titan, Cohere and Gemini each have a place of their own. */
function toldIn(answer: Json): number | undefined {
  const told = [
    answer['inputTextTokenCount'],
    objectOf(objectOf(answer['meta'])['billed_units'])['input_tokens'],
    objectOf(answer['usageMetadata'])['promptTokenCount'],
  ].find((count) => typeof count === 'number');
  return told === undefined ? undefined : numberOf(told);
}
