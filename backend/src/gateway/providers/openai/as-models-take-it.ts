import type { Dialect } from '../../dialects/dialect.ts';
import { compact, textOf, type Json } from '../../dialects/json.ts';

const reasoning = /^(?:o\d|gpt-(?:[5-9]|\d\d))(?!.*-chat)/;
const older = /^(?:gpt-3|gpt-4|chatgpt)/;

/**
 * A translated chat completion as OpenAI's models take it: those that reason refuse `max_tokens`, whose newer name serves all of
 * them, and `temperature` and `top_p` but for their defaults, unless they are told not to reason; older ones refuse an effort.
 */
export function asModelsTakeIt(body: Json, dialect: Dialect): Json {
  if (dialect !== 'chat') return body;
  const model = textOf(body['model']);
  const refused = [
    ...(reasoning.test(model) && body['reasoning_effort'] !== 'none' ? ['temperature', 'top_p'] : []),
    ...(older.test(model) ? ['reasoning_effort'] : []),
    ...(body['max_tokens'] === undefined ? [] : ['max_tokens']),
  ].filter((name) => body[name] !== undefined);
  if (refused.length === 0) return body;
  const kept = Object.fromEntries(Object.entries(body).filter(([name]) => !refused.includes(name)));
  return compact({ ...kept, max_completion_tokens: body['max_completion_tokens'] ?? body['max_tokens'] });
}
