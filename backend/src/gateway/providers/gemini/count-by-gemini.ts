import { messagesToChat } from '../../dialects/messages-to-chat.ts';
import { numberOf, textOf } from '../../dialects/json.ts';
import type { ProviderKind } from '../provider-kind.ts';
import { chatToGemini } from './chat-to-gemini.ts';

/** Tokens of Anthropic's messages as Gemini's countTokens (v1beta) counts them. */
export const countByGemini: NonNullable<ProviderKind['fromCount']> = {
  path: (model) => `/v1beta/models/${encodeURIComponent(model)}:countTokens`,
  translation: (now) => ({
    request: (asked) => {
      const chat = messagesToChat.request(asked);
      const { body } = chatToGemini(now).request(chat.body);
      const generateContentRequest = { model: `models/${textOf(asked['model'])}`, ...body };
      return { body: { generateContentRequest }, dropped: [] };
    },
    response: (body) => ({ input_tokens: numberOf(body['totalTokens']) }),
  }),
};
