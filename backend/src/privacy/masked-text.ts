import { eventText, SseReader } from '../gateway/index.ts';
import { AnswerStream, changedBody, type AnswerRules } from './answer-stream.ts';
import { parseExactly } from './body-texts.ts';
import type { PrivacyRules } from './call-privacy.ts';
import { detectorsFor } from './personal.ts';

type Names = Pick<PrivacyRules, 'names'>;

const usual = rulesOf(undefined);
/** Lists of names are compiled once for each version of a policy. */
const known = new WeakMap<Names, AnswerRules>();

/**
 * A request or an answer of any dialect, whole or an event stream, with everything masked that detectors find.
 * @param privacy of the policy: the names of its list are masked as well
 */
export function maskedText(text: string, privacy?: Names): string {
  const rules = rulesFor(privacy);
  let body: unknown;
  try {
    body = parseExactly(text);
  } catch {
    const reader = new SseReader();
    const stream = new AnswerStream(rules);
    const events = [...reader.push(Buffer.from(text)), ...reader.end()].flatMap((event) => stream.push(event));
    return [...events, ...stream.end()].map(eventText).join('');
  }
  return JSON.stringify(changedBody(body, rules));
}

function rulesFor(privacy: Names | undefined): AnswerRules {
  if (!privacy?.names) return usual;
  const rules = known.get(privacy) ?? rulesOf(privacy.names);
  known.set(privacy, rules);
  return rules;
}

function rulesOf(names: readonly string[] | undefined): AnswerRules {
  const detectors = detectorsFor(undefined, names);
  return { detectors, thoughts: detectors, replace: ({ kind }) => `[${kind}]` };
}
