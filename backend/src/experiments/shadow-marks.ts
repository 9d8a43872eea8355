import { answerText, type AdmittedCall, type Serve } from '../gateway/index.ts';
import type { PolicyRoute } from '../routing/index.ts';
import { isEqualAnswer, vectorLikeness, wordLikeness } from './answer-likeness.ts';
import type { Experiment } from './experiment.ts';
import { isTurned, judgeMessages, marksOf } from './judge.ts';
import { ask, onlyBy, ownCall, type Heard } from './shadow-calls.ts';
import type { ShadowLedger } from './shadow-ledger.ts';

/** Longest mark of a judge. */
export const markTokens = 100;

/** What the marking of a pair goes by. */
interface Marking {
  experiment: Experiment;
  next: Serve;
  call: AdmittedCall;
  id: string;
  ledger: ShadowLedger;
}

type Answered = Pick<Heard, 'answer' | 'isStream'>;
type Marks = { a?: number; b?: number };

/** @returns what both answers are worth, 0 to 1; nothing where that cannot be told */
export async function marked(marking: Marking, one: Answered, other: Answered): Promise<Marks> {
  const { call, experiment } = marking;
  const { method, route } = experiment.settings.quality;
  if (method === 'none' || !one.answer || !other.answer) return {};
  const a = answerText(one.answer, call.dialect, one.isStream);
  const b = answerText(other.answer, call.dialect, other.isStream);
  if (method === 'exact') return { a: 1, b: isEqualAnswer(a, b) ? 1 : 0 };
  if (method === 'similarity') return { a: 1, b: wordLikeness(a, b) };
  if (!route || a === '' || b === '') return {};
  if (method === 'embedding') return embedded(marking, route, [a, b]);
  return method === 'judge' ? judged(marking, route, [a, b]) : {};
}

async function embedded(
  { experiment, next, call, id, ledger }: Marking,
  route: PolicyRoute,
  texts: [string, string],
): Promise<Marks> {
  const asked = ownCall(call, experiment.id, `${id}-embedding`, 'embeddings', { model: route.model, input: texts });
  const { answer } = await ask(next, asked, onlyBy(route), ledger);
  if (!answer) return {};
  const { data } = JSON.parse(answer.toString('utf8')) as { data?: { embedding: number[] }[] };
  const [one, other] = data ?? [];
  return one && other ? { a: 1, b: vectorLikeness(one.embedding, other.embedding) } : {};
}

async function judged(
  { experiment, next, call, id, ledger }: Marking,
  route: PolicyRoute,
  [a, b]: [string, string],
): Promise<Marks> {
  const turned = isTurned(call.id);
  const { messages, system, input, instructions } = (call.masked ?? call).body;
  const question = JSON.stringify({ system, instructions, messages, input });
  const body = {
    model: route.model,
    messages: judgeMessages(question, a, b, turned),
    max_tokens: markTokens,
    temperature: 0,
  };
  const asked = ownCall(call, experiment.id, `${id}-judge`, 'chat', body);
  const { answer } = await ask(next, asked, onlyBy(route), ledger);
  return answer ? (marksOf(answerText(answer, 'chat', false), turned) ?? {}) : {};
}
