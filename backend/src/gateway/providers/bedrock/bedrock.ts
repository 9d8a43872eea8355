import { bearer } from '../bearer.ts';
import type { ProviderKind } from '../provider-kind.ts';
import { chatToConverse } from './chat-to-converse.ts';
import { countByBedrock } from './count-by-bedrock.ts';
import { embeddingsToInvoke } from './embeddings-to-invoke.ts';
import { EventFrameReader } from './event-frames.ts';

/** Amazon Bedrock by its Converse API: requests are signed, or carry a key of Bedrock's own. */
export const bedrock: ProviderKind = {
  url: (region) => `https://bedrock-runtime.${region}.amazonaws.com`,
  paths: {
    converse: (model, stream) => `/model/${encodeURIComponent(model)}/${stream ? 'converse-stream' : 'converse'}`,
    invoke: (model) => `/model/${encodeURIComponent(model)}/invoke`,
  },
  headers: bearer,
  semanticName: 'aws.bedrock',
  fromChat: { dialect: 'converse', translation: chatToConverse, keepsCacheMarks: true },
  fromEmbeddings: { dialect: 'invoke', translation: embeddingsToInvoke },
  fromCount: countByBedrock,
  countedIn: (headers) => {
    const told = headers['x-amzn-bedrock-input-token-count'];
    return typeof told === 'string' && /^\d+$/.test(told) ? Number(told) : undefined;
  },
  reader: () => new EventFrameReader(),
  isSigned: true,
};
