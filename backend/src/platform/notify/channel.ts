import type { Clock } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import { isAppError } from '../errors/index.ts';
import type { OutgoingClient, OutgoingResponse } from '../outgoing/index.ts';
import { redactText } from '../telemetry/index.ts';
import type { Notification } from './contract.ts';
import { fit, oneLine } from './text-limits.ts';

export type ChannelConfig = Config['notify']['channels'][number];
export type ConfigOf<K extends ChannelConfig['type']> = Extract<ChannelConfig, { type: K }>;

/** How one delivery went. */
export interface Outcome {
  ok: boolean;
  attempts: number;
  detail: string;
}

/** A way to people. `deliver` does not throw for what a receiver or the network does. */
export interface Channel {
  name: string;
  kind: ChannelConfig['type'];
  deliver(notification: Notification): Promise<Outcome>;
}

/** What channels stand on. */
export interface Surroundings {
  outgoing: Pick<OutgoingClient, 'request' | 'resolve'>;
  clock: Clock;
  /** Names this installation to receivers, e.g. its public host. */
  source: string;
}

const tries = 3;
const timeoutMs = 60_000;
const maxAnswerBytes = 64 * 1024;

/**
 * Posts to a receiver, repeating what may pass: a message twice is better than none.
 * @param accepted says whether the answer means that the receiver has it
 */
export async function post(
  { outgoing }: Pick<Surroundings, 'outgoing'>,
  url: string,
  call: { headers: Record<string, string>; body: string },
  accepted: (response: OutgoingResponse) => boolean,
): Promise<Outcome> {
  try {
    const response = await outgoing.request(url, {
      method: 'POST',
      ...call,
      attempts: tries,
      timeoutMs,
      maxBytes: maxAnswerBytes,
    });
    return { ok: accepted(response), attempts: response.attempts ?? 1, detail: answerOf(response) };
  } catch (error) {
    return failed(error);
  }
}

/** The outcome that an error stands for; its text holds no secret. */
export function failed(error: unknown, attempts?: number): Outcome {
  const counted = isAppError(error) ? error.extra.attempts : undefined;
  const detail = error instanceof Error ? error.message : String(error);
  return { ok: false, attempts: attempts ?? (typeof counted === 'number' ? counted : 0), detail: readable(detail) };
}

function answerOf({ status, body }: OutgoingResponse): string {
  return readable(`${status} ${body.toString('utf8')}`);
}

function readable(text: string): string {
  return fit(redactText(oneLine(text)), 300);
}
