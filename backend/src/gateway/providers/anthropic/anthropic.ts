import type { ProviderKind } from '../provider-kind.ts';
import { chatToMessages } from './chat-to-messages.ts';

export const anthropic: ProviderKind = {
  url: 'https://api.anthropic.com',
  paths: { messages: () => '/v1/messages', count: () => '/v1/messages/count_tokens' },
  headers: (key) => ({ 'anthropic-version': '2023-06-01', ...(key === undefined ? {} : { 'x-api-key': key }) }),
  semanticName: 'anthropic',
  fromChat: { dialect: 'messages', translation: chatToMessages },
};
