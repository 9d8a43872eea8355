import { eventText, SseReader } from '../gateway/index.ts';
import { AnswerStream, changedBody, type AnswerRules } from './answer-stream.ts';
import { parseExactly } from './body-texts.ts';
import { detectorsFor } from './personal.ts';

const detectors = detectorsFor(undefined);
const rules: AnswerRules = { detectors, thoughts: detectors, replace: ({ kind }) => `[${kind}]` };

/** A request or an answer of any dialect, whole or an event stream, with everything masked that detectors find. */
export function maskedText(text: string): string {
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
