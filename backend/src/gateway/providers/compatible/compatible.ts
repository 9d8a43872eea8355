import { bearer } from '../bearer.ts';
import type { ProviderKind } from '../provider-kind.ts';

/** Servers that speak the API of OpenAI, as vLLM, Ollama and TGI do. */
export const compatible: ProviderKind = {
  paths: { chat: () => '/v1/chat/completions', embeddings: () => '/v1/embeddings' },
  headers: bearer,
  semanticName: 'compatible',
};
