import { isUtf8 } from 'node:buffer';
import type { AdmittedCall } from './admission.ts';
import type { CallSink } from './attempting.ts';
import { objectOf, parsedObject, type Json } from './dialects/json.ts';
import type { OutboundRequest } from './outbound-request.ts';
import type { AnswerHeaders, UpstreamAnswer } from './upstream-answer.ts';
import { eventText, type ServerSentEvent } from './wire/server-sent-events.ts';
import type { UsageMeter } from './wire/usage-meter.ts';

/** An answer on its way from the provider to the caller. */
export interface Relay {
  call: AdmittedCall;
  sink: CallSink;
  response: UpstreamAnswer;
  out: OutboundRequest;
  meter: UsageMeter;
  /** Call when the first word of the answer is there. */
  onFirst(): void;
  headers: Readonly<Record<string, string>>;
}

/** A stream ended before its time because the caller did not take what there was. */
export class UntakenError extends Error {}

const largestAnswer = 64 * 1024 * 1024;
/** Headers of providers that callers use. */
const passedHeaders = /^(?:x-request-id|request-id|openai-processing-ms|x-ratelimit-|anthropic-ratelimit-)/;

/**
 * Hands a stream on as it comes: the provider's own bytes where it speaks the caller's dialect, its events translated where
 * not. The caller hears nothing before the first event is there, so that until then another route can take over. With the last
 * word its answer ends, whatever the provider's connection does: callers that have it hang up at once.
 *
 * @throws UntakenError, or whatever else ends the stream early
 */
export async function relayStream({ call, sink, response, out, meter, onFirst, headers }: Relay): Promise<void> {
  const reader = out.reader();
  const translated = out.translation?.stream({ ...call.body, model: out.model });
  const isRaw = !translated && !out.hidesUsage;
  const begin = (): void => {
    if (sink.started) return;
    const own = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
    sink.head(200, { ...passed(response.headers), ...headers, ...own });
  };
  const onward = (events: readonly ServerSentEvent[]): string => {
    let text = '';
    for (const event of events) {
      const isPlain = meter.event(event);
      if (translated) text += translated.push(event).map(eventText).join('');
      else if (!isRaw && (isPlain || !isUsageAlone(event))) text += eventText(event);
    }
    if (meter.metered.writtenBytes > 0) onFirst();
    return text;
  };
  const last = (): string => translated?.end().map(eventText).join('') ?? '';
  let hasEnded = false;
  const end = (piece?: Uint8Array | string): void => {
    hasEnded = true;
    begin();
    onFirst();
    sink.end(piece);
  };
  try {
    await response.body.each((piece) => {
      const text = onward(reader.push(piece));
      if (hasEnded) return undefined;
      if (meter.metered.isOver) {
        end(isRaw ? piece : text + last());
        return undefined;
      }
      const sent = isRaw ? piece : text;
      if (sent.length === 0) return undefined;
      begin();
      return sink.write(sent);
    });
  } catch (error) {
    // Whatever broke then, the caller has the whole answer.
    if (hasEnded) return;
    // What the provider said and the caller did not take is billed all the same.
    for (const event of reader.push(response.body.left())) meter.event(event);
    throw response.body.isHeldUp ? new UntakenError('The caller did not take the answer.', { cause: error }) : error;
  }
  const rest = onward(reader.end());
  if (!hasEnded) end(isRaw ? undefined : rest + last());
}

/** The last chunk of a chat completion: no choice in it, only the usage. */
function isUsageAlone({ data }: ServerSentEvent): boolean {
  if (!data.includes('"usage"')) return false;
  const chunk = parsedObject(data);
  return (
    Array.isArray(chunk['choices']) && chunk['choices'].length === 0 && Object.keys(objectOf(chunk['usage'])).length > 0
  );
}

/** Hands on an answer that comes as a whole. @throws RangeError where it is larger than 64 MiB */
export async function relayWhole({ call, sink, response, out, meter, onFirst, headers }: Relay): Promise<void> {
  const bytes = await response.body.whole(largestAnswer);
  const text = bytes.toString('utf8');
  const body = read(text);
  meter.answer(body);
  onFirst();
  const whole = out.translation ? out.translation.response(body, { ...call.body, model: out.model }) : body;
  const type = String(response.headers['content-type'] ?? 'application/json');
  const own = { 'content-type': out.translation ? 'application/json' : type };
  const status = call.stream ? 200 : response.statusCode;
  sink.head(status, { ...passed(response.headers), ...headers, ...own });
  // A text goes out in one piece with the head; bytes that are none stay as they are.
  const same = isUtf8(bytes) ? text : bytes;
  sink.end(out.translation ? JSON.stringify(whole) : same, whole);
}

function read(text: string): Json {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    throw new SyntaxError('The answer of the provider is no JSON.');
  }
}

function passed(headers: AnswerHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string' && passedHeaders.test(name)) kept[name] = value;
  }
  return kept;
}
