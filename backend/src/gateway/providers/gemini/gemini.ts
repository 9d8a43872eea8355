import type { ProviderKind } from '../provider-kind.ts';
import { chatToGemini } from './chat-to-gemini.ts';

/** Google's Gemini API, v1beta. */
export const gemini: ProviderKind = {
  url: 'https://generativelanguage.googleapis.com',
  paths: {
    gemini: (model, stream) =>
      `/v1beta/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  },
  headers: (key) => (key === undefined ? {} : { 'x-goog-api-key': key }),
  semanticName: 'gcp.gemini',
  fromChat: { dialect: 'gemini', translation: chatToGemini },
};
