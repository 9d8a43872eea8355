import { bearer } from '../bearer.ts';
import type { ProviderKind } from '../provider-kind.ts';
import { asModelsTakeIt } from './as-models-take-it.ts';

export const openai: ProviderKind = {
  url: 'https://api.openai.com',
  paths: {
    chat: () => '/v1/chat/completions',
    responses: () => '/v1/responses',
    embeddings: () => '/v1/embeddings',
  },
  headers: bearer,
  semanticName: 'openai',
  adjust: asModelsTakeIt,
};
