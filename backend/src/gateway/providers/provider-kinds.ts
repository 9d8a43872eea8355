import type { GatewayProvider } from '../gateway-settings.ts';
import { anthropic } from './anthropic/anthropic.ts';
import { azureOpenai } from './azure-openai/azure-openai.ts';
import { bedrock } from './bedrock/bedrock.ts';
import { compatible } from './compatible/compatible.ts';
import { gemini } from './gemini/gemini.ts';
import { openai } from './openai/openai.ts';
import type { ProviderKind } from './provider-kind.ts';

/** Every kind of provider that the configuration may name. */
export const providerKinds: Readonly<Record<GatewayProvider['kind'], ProviderKind>> = {
  openai,
  anthropic,
  gemini,
  'azure-openai': azureOpenai,
  bedrock,
  compatible,
};
