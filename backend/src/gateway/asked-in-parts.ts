import { joinedParts, type AnswerPart } from './dialects/answer-parts.ts';
import { objectOf } from './dialects/json.ts';
import type { OutboundRequest } from './outbound-request.ts';
import { AnswerBody, type StopSignal, type UpstreamAnswer } from './upstream-answer.ts';
import type { Upstream } from './upstream-client.ts';
import { estimatedTokens, type UsageMeter } from './wire/usage-meter.ts';

const atOnce = 4;
const largestPart = 64 * 1024 * 1024;

/**
 * Sends the call to the provider: as one request, or as several where one takes no more than a part of what is asked. Then the
 * answers come back as one, or the first refusal; what the others were billed for is told to the meter.
 *
 * @throws what undici throws where the provider cannot be reached
 */
export function asked(
  upstream: Upstream,
  out: OutboundRequest,
  stop: StopSignal,
  meter: UsageMeter,
): Promise<UpstreamAnswer> {
  if (out.parts) return askedInParts(upstream, { ...out, parts: out.parts }, stop, meter);
  return upstream.post(out.path, out.headers, out.body, stop);
}

async function askedInParts(
  upstream: Upstream,
  { path, headers, parts }: OutboundRequest & { parts: readonly string[] },
  stop: StopSignal,
  meter: UsageMeter,
): Promise<UpstreamAnswer> {
  const answers: AnswerPart[] = [];
  const ended: { refusal?: UpstreamAnswer; isBroken: boolean; headers: UpstreamAnswer['headers'] } = {
    isBroken: false,
    headers: {},
  };
  const ask = async (at: number): Promise<void> => {
    const answer = await upstream.post(path, headers, parts[at]!, stop);
    if (answer.statusCode >= 400) {
      if (ended.refusal) await answer.body.dump();
      else ended.refusal = answer;
      return;
    }
    ended.headers = answer.headers;
    const counted = upstream.kind.countedIn?.(answer.headers);
    const body = objectOf(await answer.body.json(largestPart));
    answers[at] = { answer: body, ...(counted === undefined ? {} : { inputTokens: counted }) };
  };
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < parts.length && !ended.refusal && !ended.isBroken) {
      await ask(next++).catch((error: unknown) => {
        ended.isBroken = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, parts.length) }, work));
  if (ended.refusal) {
    // The list has holes where nothing was answered.
    const billed = answers.flatMap((part, at) => [
      { inputTokens: estimatedTokens(Buffer.byteLength(parts[at]!)), ...part },
    ]);
    if (billed.length > 0) meter.answer(joinedParts(billed));
    return ended.refusal;
  }
  const bytes = Buffer.from(JSON.stringify(joinedParts(answers)));
  return {
    statusCode: 200,
    headers: { ...ended.headers, 'content-type': 'application/json' },
    body: AnswerBody.of(bytes),
  };
}
