import type { LlmRequest } from '../anycost/index.ts';
import { firstCount, objectIn, type Json } from './json-fields.ts';

type CallTokens = Required<
  Pick<LlmRequest, 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'cacheWrite5mTokens' | 'cacheWrite1hTokens'>
> &
  Required<Pick<LlmRequest, 'reasoningTokens' | 'inputAudioTokens' | 'outputAudioTokens'>>;

/**
 * Tokens of a `usage` object as the APIs of OpenAI (chat completions and responses), Anthropic and those made after them
 * write it, parts inside their whole: Anthropic's input has neither what was read from the cache nor what was written.
 */
export function callTokens(usage: Json): CallTokens {
  const input = objectIn(usage['prompt_tokens_details'] ?? usage['input_tokens_details']);
  const output = objectIn(usage['completion_tokens_details'] ?? usage['output_tokens_details']);
  const created = objectIn(usage['cache_creation']);
  const cached = firstCount(
    input['cached_tokens'],
    usage['cache_read_input_tokens'],
    usage['prompt_cache_hit_tokens'],
    usage['cached_tokens'],
  );
  const oneHour = firstCount(created['ephemeral_1h_input_tokens']);
  const written = firstCount(
    created['ephemeral_5m_input_tokens'],
    usage['cache_creation_input_tokens'],
    input['cache_write_tokens'],
    input['cache_creation_tokens'],
  );
  const reasoning = firstCount(output['reasoning_tokens'], usage['reasoning_tokens']);
  const told = firstCount(usage['prompt_tokens'], usage['input_tokens']);
  const answered = firstCount(usage['completion_tokens'], usage['output_tokens']);
  const isBeside = usage['prompt_tokens'] === undefined && usage['cache_read_input_tokens'] !== undefined;
  const parts = cached + written + oneHour;
  return {
    inputTokens: isBeside || parts > told ? told + parts : told,
    cachedInputTokens: cached,
    cacheWrite5mTokens: written,
    cacheWrite1hTokens: oneHour,
    outputTokens: reasoning > answered ? answered + reasoning : answered,
    reasoningTokens: reasoning,
    inputAudioTokens: firstCount(input['audio_tokens']),
    outputAudioTokens: firstCount(output['audio_tokens']),
  };
}

/** The service tier as it is told in an answer. */
export function callTier(tier: unknown): Pick<LlmRequest, 'serviceTier'> {
  return tier === 'batch' || tier === 'flex' || tier === 'priority' ? { serviceTier: tier } : {};
}
