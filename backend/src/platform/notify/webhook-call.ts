import { createHmac } from 'node:crypto';
import type { Notification } from './contract.ts';

/** What a webhook receives. Fields are added, never changed; `version` says when that rule is broken. */
export interface WebhookBody extends Omit<Notification, 'attachments'> {
  version: 1;
  /** Equal in repeated deliveries of one notification. */
  id: string;
  /** ISO 8601, UTC. */
  at: string;
}

export function webhookBody(notification: Notification, id: string, now: Date): WebhookBody {
  // Files go with e-mails only.
  const { attachments: _, ...told } = notification;
  return { version: 1, id, at: now.toISOString(), ...told };
}

/**
 * Headers that let the receiver check who sent the body and when. The signature is
 * `sha256=` and the hex HMAC-SHA256, under the shared secret, of the timestamp, a full stop and the body. A receiver compares it
 * in constant time and refuses timestamps older than five minutes.
 * @param timestamp seconds since 1970
 */
export function webhookHeaders(body: string, id: string, timestamp: number, secret?: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-amadeus-delivery': id,
    'x-amadeus-timestamp': String(timestamp),
    ...(secret === undefined ? {} : { 'x-amadeus-signature': webhookSignature(body, timestamp, secret) }),
  };
}

export function webhookSignature(body: string, timestamp: number, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}
