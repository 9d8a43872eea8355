import { messagesToChat } from '../../dialects/messages-to-chat.ts';
import { compact, numberOf } from '../../dialects/json.ts';
import type { ProviderKind } from '../provider-kind.ts';
import { chatToConverse } from './chat-to-converse.ts';

/** Tokens of Anthropic's messages as Bedrock's CountTokens counts those of a call of Converse. */
export const countByBedrock: NonNullable<ProviderKind['fromCount']> = {
  path: (model) => `/model/${encodeURIComponent(model)}/count-tokens`,
  translation: (now) => ({
    request: (asked) => {
      const chat = messagesToChat.request(asked);
      const { messages, system, toolConfig } = chatToConverse(now).request(chat.body).body;
      return { body: { input: { converse: compact({ messages, system, toolConfig }) } }, dropped: [] };
    },
    response: (body) => ({ input_tokens: numberOf(body['inputTokens']) }),
  }),
};
