import type { ProviderKind } from '../provider-kind.ts';
import { chatToGemini } from './chat-to-gemini.ts';
import { countByGemini } from './count-by-gemini.ts';
import { embeddingsToGemini } from './embeddings-to-gemini.ts';

/** Google's Gemini API, v1beta. */
export const gemini: ProviderKind = {
  url: 'https://generativelanguage.googleapis.com',
  paths: {
    gemini: (model, stream) =>
      `/v1beta/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    'gemini-embeddings': (model) => `/v1beta/models/${encodeURIComponent(model)}:batchEmbedContents`,
  },
  headers: (key) => (key === undefined ? {} : { 'x-goog-api-key': key }),
  semanticName: 'gcp.gemini',
  fromChat: { dialect: 'gemini', translation: chatToGemini },
  fromEmbeddings: { dialect: 'gemini-embeddings', translation: embeddingsToGemini },
  fromCount: countByGemini,
};
