import type { Connector } from '../anycost/index.ts';
import { anthropicUsageConnector } from './anthropic-usage/anthropic-usage.ts';
import { litellmLogsConnector } from './litellm-logs/litellm-logs.ts';
import { openaiCompatibleConnector } from './openai-compatible/openai-compatible.ts';
import { openaiUsageConnector } from './openai-usage/openai-usage.ts';
import { otelGenAiConnector } from './otel-genai/otel-genai.ts';
import { vllmMetricsConnector } from './vllm-metrics/vllm-metrics.ts';

/** Every kind of source of language model usage. */
export const llmConnectors: readonly Connector[] = [
  openaiUsageConnector,
  anthropicUsageConnector,
  openaiCompatibleConnector,
  litellmLogsConnector,
  vllmMetricsConnector,
  otelGenAiConnector,
];
