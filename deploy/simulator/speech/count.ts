import type { Asked } from '../asked.ts';

/** Tokens of a prompt as Anthropic, Gemini and Bedrock tell them: four bytes of the request each. */
export function count({ path, bytes }: Asked): object {
  const tokens = Math.max(1, Math.ceil(bytes / 4));
  if (path.endsWith(':countTokens')) return { totalTokens: tokens };
  return path.endsWith('/count-tokens') ? { inputTokens: tokens } : { input_tokens: tokens };
}
