import type { LlmUsage } from './prices.ts';

/** What a price may depend on besides tokens in and out; few calls tell any of it. */
const rare = [
  ...['cachedInputTokens', 'reasoningTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens', 'inputAudioTokens'],
  ...['outputAudioTokens', 'inputSeconds', 'outputSeconds', 'inputImages', 'outputImages', 'inputCharacters'],
  ...['videoIntervalSeconds', 'requests', 'webSearches', 'results', 'serviceTier'],
] as const satisfies readonly (keyof LlmUsage)[];

/**
 * Names everything of a call that its price by one entry depends on, beside the entry: two calls with one name cost the same.
 * @returns undefined for the rare calls that tell further quantities or choices
 */
export function usageName(usage: LlmUsage): string | undefined {
  if (usage.quantities !== undefined || usage.options !== undefined) return undefined;
  let name = `${usage.inputTokens}|${usage.outputTokens}`;
  for (let index = 0; index < rare.length; index++) {
    const told = usage[rare[index]!];
    if (told !== undefined) name += `|${index}:${told}`;
  }
  return name;
}
