import { partsOf } from '../../dialects/answer-parts.ts';
import type { Translated, Translation } from '../../dialects/dialect.ts';
import { embeddingsAnswer, embeddingsDropped, embeddingsWish, inLists } from '../../dialects/embeddings.ts';
import { compact, objectsOf, type Json } from '../../dialects/json.ts';

const to = 'batchEmbedContents';
/** Texts of one batch. */
const mostInBatch = 100;

/** A caller of OpenAI's embeddings is served by Gemini's batchEmbedContents (v1beta). */
export const embeddingsToGemini: Translation = {
  request: batches,
  response: (body, request) => {
    const vectors = partsOf(body).flatMap(({ answer }) => objectsOf(answer['embeddings']).map(({ values }) => values));
    return embeddingsAnswer(vectors, body, request);
  },
  stream: () => {
    throw new Error('Embeddings come whole.');
  },
};

function batches(asked: Json): Translated {
  const { model, inputs, dimensions } = embeddingsWish(asked, to);
  const parts = inLists(inputs, mostInBatch).map((texts) => ({
    requests: texts.map((text) =>
      compact({ model: `models/${model}`, content: { parts: [{ text }] }, outputDimensionality: dimensions }),
    ),
  }));
  return { body: parts[0]!, parts, dropped: embeddingsDropped(asked) };
}
