import type { LlmUsage } from './prices.ts';

/**
 * Names everything of a call that its price by one entry depends on, beside the entry: two calls with one name cost the same.
 * @returns undefined for the rare calls that tell further quantities or choices
 */
export function usageName(usage: LlmUsage): string | undefined {
  if (usage.quantities !== undefined || usage.options !== undefined) return undefined;
  const tokens = `${usage.inputTokens}|${usage.outputTokens}|${usage.cachedInputTokens}|${usage.reasoningTokens}`;
  const written = `${usage.cacheWrite5mTokens}|${usage.cacheWrite1hTokens}`;
  const audio = `${usage.inputAudioTokens}|${usage.outputAudioTokens}|${usage.inputSeconds}|${usage.outputSeconds}`;
  const media = `${usage.inputImages}|${usage.outputImages}|${usage.inputCharacters}|${usage.videoIntervalSeconds}`;
  const calls = `${usage.requests}|${usage.webSearches}|${usage.results}|${usage.serviceTier}`;
  return `${tokens}|${written}|${audio}|${media}|${calls}`;
}
