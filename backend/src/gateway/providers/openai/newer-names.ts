import type { Dialect } from '../../dialects/dialect.ts';
import { compact, type Json } from '../../dialects/json.ts';

/** OpenAI's own models refuse `max_tokens` where they reason; the newer name serves all of them. */
export function newerNames(body: Json, dialect: Dialect): Json {
  if (dialect !== 'chat' || body['max_tokens'] === undefined) return body;
  const { max_tokens: maxTokens, ...rest } = body;
  return compact({ ...rest, max_completion_tokens: rest['max_completion_tokens'] ?? maxTokens });
}
