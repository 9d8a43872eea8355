import type { AdmittedCall } from '../../gateway/index.ts';
import type { Policy } from '../../routing/index.ts';
import { answerKey, type CacheRules } from '../answer-key.ts';
import { objectOf } from '../forms/answer-form.ts';

/** What a call asks last, and a digest of all that comes before it and with it. */
export interface Question {
  text: string;
  context: string;
}

const longest = 8_000;

/**
 * The last words of a user. Two calls can only be answered alike where everything else of them is the same: the history, the
 * instructions, the tools, the parameters.
 * @returns undefined where the call does not end with a text of a user
 */
export function questionOf(call: AdmittedCall, policy: Policy, rules: CacheRules): Question | undefined {
  const member = call.dialect === 'responses' ? 'input' : 'messages';
  const told = call.body[member];
  const list: unknown[] =
    typeof told === 'string' ? [{ role: 'user', content: told }] : Array.isArray(told) ? told : [];
  const last = objectOf(list.at(-1));
  const text = last['role'] === 'user' ? textOf(last['content']) : undefined;
  if (text === undefined || text.trim() === '' || text.length > longest) return undefined;
  const { content: _, ...rest } = last;
  const context = answerKey(call, policy, rules, { [member]: JSON.stringify([...list.slice(0, -1), rest]) });
  return context === undefined ? undefined : { text, context };
}

/** A text alone, or a list with one text and nothing else. */
function textOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content) || content.length !== 1) return undefined;
  const { type, text } = objectOf(content[0]);
  return (type === 'text' || type === 'input_text') && typeof text === 'string' ? text : undefined;
}
