import { asModelsTakeIt } from '../openai/as-models-take-it.ts';
import type { ProviderKind } from '../provider-kind.ts';

/** OpenAI's models at Azure, by the version 1 API, whose models are names of deployments. */
export const azureOpenai: ProviderKind = {
  paths: {
    chat: () => '/openai/v1/chat/completions',
    responses: () => '/openai/v1/responses',
    embeddings: () => '/openai/v1/embeddings',
  },
  headers: (key) => (key === undefined ? {} : { 'api-key': key }),
  semanticName: 'azure.ai.openai',
  adjust: asModelsTakeIt,
};
