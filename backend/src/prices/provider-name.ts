import type { PriceKind } from './price-entry.ts';

/**
 * One name for each provider. OpenTelemetry, price lists, gateways and bills call the same one differently:
 * `gcp.vertex_ai`, `vertex_ai-anthropic_models` and `vertex-ai` are one.
 */
const aliases: Readonly<Record<string, string>> = {
  'openai-api': 'openai',
  'text-completion-openai': 'openai',
  'open-ai': 'openai',
  'anthropic-pbc': 'anthropic',
  gemini: 'google',
  'google-gemini': 'google',
  'google-ai-studio': 'google',
  'gcp-gemini': 'google',
  'gcp-gen-ai': 'google',
  'google-genai': 'google',
  vertex: 'vertex-ai',
  'gcp-vertex-ai': 'vertex-ai',
  'google-vertex-ai': 'vertex-ai',
  'google-cloud': 'vertex-ai',
  gcp: 'vertex-ai',
  'aws-bedrock': 'bedrock',
  'amazon-bedrock': 'bedrock',
  'bedrock-converse': 'bedrock',
  'amazon-web-services': 'bedrock',
  aws: 'bedrock',
  'azure-openai': 'azure',
  'azure-text': 'azure',
  'azure-ai-openai': 'azure',
  'az-ai-openai': 'azure',
  microsoft: 'azure',
  'microsoft-azure': 'azure',
  'azure-ai-inference': 'azure-ai',
  'az-ai-inference': 'azure-ai',
  'mistral-ai': 'mistral',
  'x-ai': 'xai',
  'cohere-chat': 'cohere',
  together: 'together-ai',
  'together-computer': 'together-ai',
  'fireworks-ai-embedding-models': 'fireworks-ai',
  fireworks: 'fireworks-ai',
  'perplexity-ai': 'perplexity',
  'text-completion-codestral': 'codestral',
  'text-completion-inception': 'inception',
  'ibm-watsonx-ai': 'watsonx',
  'workers-ai': 'cloudflare',
  'novita-ai': 'novita',
};

/** Clouds, where hardware is priced and not models; one's own has no provider. */
const hardwareAliases: Readonly<Record<string, string>> = {
  'amazon-web-services': 'aws',
  amazon: 'aws',
  'google-cloud': 'gcp',
  'google-cloud-platform': 'gcp',
  google: 'gcp',
  microsoft: 'azure',
  'microsoft-azure': 'azure',
  oracle: 'oci',
  'oracle-cloud': 'oci',
  'oracle-cloud-infrastructure': 'oci',
  'on-premises': '',
  'on-premise': '',
  'on-prem': '',
  slurm: '',
  kubernetes: '',
  self: '',
};

/** The name under which the book keeps a provider's prices of a kind; empty for hardware of one's own. */
export function providerKey(name: string, kind: PriceKind = 'llm'): string {
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/[\s_.]+/g, '-');
  if (kind !== 'llm' && kind !== 'credit') return hardwareAliases[plain] ?? plain;
  if (plain.startsWith('vertex-ai')) return 'vertex-ai';
  return aliases[plain] ?? plain;
}

/** Providers whose lists hold the same models; the second is asked where the first has no price, and the note says so. */
export const sisterProviders: Readonly<Record<string, readonly string[]>> = {
  azure: ['azure-ai'],
  'azure-ai': ['azure'],
  google: ['vertex-ai'],
  'vertex-ai': ['google'],
};

/** Who sells their own models: where a call names no provider, their list counts. */
export const makers: readonly string[] = ['openai', 'anthropic', 'google', 'mistral', 'deepseek', 'cohere', 'xai'];
