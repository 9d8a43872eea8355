import { partsOf } from '../../dialects/answer-parts.ts';
import { Untranslatable, type Translated, type Translation } from '../../dialects/dialect.ts';
import {
  embeddingsAnswer,
  embeddingsDropped,
  embeddingsWish,
  inLists,
  type EmbeddingsWish,
} from '../../dialects/embeddings.ts';
import { compact, objectOf, textOf, type Json } from '../../dialects/json.ts';

const to = 'InvokeModel';
/** Texts of one call of Cohere's models. */
const mostOfCohere = 96;

/**
 * A caller of OpenAI's embeddings is served by Bedrock's InvokeModel, whose bodies are those of each maker: Titan takes one text
 * a call, Cohere up to 96 and whether they are searched for or searched with (`input_type`, documents where the caller does not
 * say).
 */
export const embeddingsToInvoke: Translation = {
  request: (asked) => {
    const wish = embeddingsWish(asked, to);
    if (wish.model.includes('amazon.titan-embed')) return titan(wish, asked);
    if (wish.model.includes('cohere.embed')) return cohere(wish, asked);
    throw new Untranslatable(['model'], `${to}: only models of Titan and Cohere embed texts here`);
  },
  response: (body, request) => {
    const vectors = partsOf(body).flatMap(({ answer }) =>
      answer['embedding'] === undefined ? cohereVectors(answer['embeddings']) : [answer['embedding']],
    );
    return embeddingsAnswer(vectors, body, request);
  },
  stream: () => {
    throw new Error('Embeddings come whole.');
  },
};

function titan({ model, inputs, dimensions }: EmbeddingsWish, asked: Json): Translated {
  if (dimensions !== undefined && !model.includes('embed-text-v2')) throw new Untranslatable(['dimensions'], model);
  const parts = inputs.map((inputText) => compact({ inputText, dimensions }));
  return { body: parts[0]!, parts, dropped: embeddingsDropped(asked) };
}

function cohere({ model, inputs, dimensions }: EmbeddingsWish, asked: Json): Translated {
  if (dimensions !== undefined && !model.includes('embed-v4')) throw new Untranslatable(['dimensions'], model);
  const told = textOf(asked['input_type']);
  const parts = inLists(inputs, mostOfCohere).map((texts) =>
    compact({
      texts,
      input_type: told === '' ? 'search_document' : told,
      output_dimension: dimensions,
      embedding_types: model.includes('embed-v4') ? ['float'] : undefined,
    }),
  );
  return { body: parts[0]!, parts, dropped: embeddingsDropped(asked, ['input_type']) };
}

/** A list, or lists by type where types were asked for. */
function cohereVectors(embeddings: unknown): unknown[] {
  const list = Array.isArray(embeddings) ? (embeddings as unknown[]) : objectOf(embeddings)['float'];
  return Array.isArray(list) ? (list as unknown[]) : [];
}
