import type { LlmRequest } from '../anycost/index.ts';
import { countIn, objectIn, type Json } from './json-fields.ts';

type CallTokens = Pick<LlmRequest, 'inputTokens' | 'outputTokens'> &
  Pick<LlmRequest, 'cachedInputTokens' | 'cacheWrite5mTokens' | 'cacheWrite1hTokens'> &
  Pick<LlmRequest, 'reasoningTokens' | 'inputAudioTokens' | 'outputAudioTokens'>;

/**
 * Tokens of a `usage` object as the APIs of OpenAI (chat completions and responses), Anthropic and those made after them
 * write it, parts inside their whole: Anthropic's input has neither what was read from the cache nor what was written. A part
 * of which there is nothing is left out: most calls have none, and each is written several times.
 */
export function callTokens(usage: Json): CallTokens {
  const input = objectIn(usage['prompt_tokens_details'] ?? usage['input_tokens_details']);
  const output = objectIn(usage['completion_tokens_details'] ?? usage['output_tokens_details']);
  const created = objectIn(usage['cache_creation']);
  const cached = countIn(
    input['cached_tokens'] ??
      usage['cache_read_input_tokens'] ??
      usage['prompt_cache_hit_tokens'] ??
      usage['cached_tokens'],
  );
  const oneHour = countIn(created['ephemeral_1h_input_tokens']);
  const written = countIn(
    created['ephemeral_5m_input_tokens'] ??
      usage['cache_creation_input_tokens'] ??
      input['cache_write_tokens'] ??
      input['cache_creation_tokens'],
  );
  const reasoning = countIn(output['reasoning_tokens'] ?? usage['reasoning_tokens']);
  const inputAudio = countIn(input['audio_tokens']);
  const outputAudio = countIn(output['audio_tokens']);
  const told = countIn(usage['prompt_tokens'] ?? usage['input_tokens']);
  const answered = countIn(usage['completion_tokens'] ?? usage['output_tokens']);
  const isBeside = usage['prompt_tokens'] === undefined && usage['cache_read_input_tokens'] !== undefined;
  const parts = cached + written + oneHour;
  const tokens: CallTokens = {
    inputTokens: isBeside || parts > told ? told + parts : told,
    outputTokens: reasoning > answered ? answered + reasoning : answered,
  };
  if (cached !== 0) tokens.cachedInputTokens = cached;
  if (written !== 0) tokens.cacheWrite5mTokens = written;
  if (oneHour !== 0) tokens.cacheWrite1hTokens = oneHour;
  if (reasoning !== 0) tokens.reasoningTokens = reasoning;
  if (inputAudio !== 0) tokens.inputAudioTokens = inputAudio;
  if (outputAudio !== 0) tokens.outputAudioTokens = outputAudio;
  return tokens;
}

/** The service tier as it is told in an answer. */
export function callTier(tier: unknown): Pick<LlmRequest, 'serviceTier'> {
  return tier === 'batch' || tier === 'flex' || tier === 'priority' ? { serviceTier: tier } : {};
}
