import { bearer } from '../bearer.ts';
import type { ProviderKind } from '../provider-kind.ts';
import { chatToConverse } from './chat-to-converse.ts';
import { EventFrameReader } from './event-frames.ts';

/** Amazon Bedrock by its Converse API: requests are signed, or carry a key of Bedrock's own. */
export const bedrock: ProviderKind = {
  url: (region) => `https://bedrock-runtime.${region}.amazonaws.com`,
  paths: {
    converse: (model, stream) => `/model/${encodeURIComponent(model)}/${stream ? 'converse-stream' : 'converse'}`,
  },
  headers: bearer,
  semanticName: 'aws.bedrock',
  fromChat: { dialect: 'converse', translation: chatToConverse },
  reader: () => new EventFrameReader(),
  isSigned: true,
};
