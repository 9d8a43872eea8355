import { createHash } from 'node:crypto';
import type { Notification } from './contract.ts';
import { fit, oneLine, webLink } from './text-limits.ts';

/** Events API v2 (https://developer.pagerduty.com/docs/send-alert-event). */
export interface PagerDutyEvent {
  routing_key: string;
  event_action: Notification['event'];
  dedup_key: string;
  payload?: {
    summary: string;
    source: string;
    severity: Notification['severity'];
    timestamp: string;
    custom_details: Record<string, string>;
  };
  links?: { href: string; text: string }[];
  client?: string;
  client_url?: string;
}

const limits = { dedupKey: 255, summary: 1024, detail: 4096, text: 16_384, details: 50, links: 10, event: 512 * 1024 };

/** An event below 512 KB; `acknowledge` and `resolve` hold the key of the incident and nothing else. */
export function pagerDutyEvent(
  notification: Notification,
  routingKey: string,
  source: string,
  now: Date,
): PagerDutyEvent {
  const head = {
    routing_key: routingKey,
    event_action: notification.event,
    dedup_key: shortKey(notification.dedupKey),
  };
  if (notification.event !== 'trigger') return head;
  const link = webLink(notification.url);
  const links = [
    ...(link ? [{ href: link, text: new URL(link).host }] : []),
    ...(notification.links ?? []).slice(0, limits.links).flatMap(({ label, url }) => {
      const href = webLink(url);
      return href === undefined ? [] : [{ href, text: fit(oneLine(label), limits.summary) || new URL(href).host }];
    }),
  ];
  const event = {
    ...head,
    payload: {
      summary: fit(oneLine(notification.title) || notification.dedupKey, limits.summary),
      source,
      severity: notification.severity,
      timestamp: now.toISOString(),
      custom_details: details(notification),
    },
    client: 'Amadeus',
    ...(link ? { client_url: link } : {}),
    ...(links.length > 0 ? { links } : {}),
  };
  return withinSize(event);
}

/** Keys above the limit keep their beginning and become unique by their hash. */
export function shortKey(key: string): string {
  if (key.length <= limits.dedupKey) return key;
  return `${key.slice(0, limits.dedupKey - 65)}:${createHash('sha256').update(key).digest('hex')}`;
}

function details({ text, fields }: Notification): Record<string, string> {
  const entries = Object.entries(fields ?? {}).slice(0, limits.details);
  return Object.fromEntries([
    ...(text ? [['text', fit(text, limits.text)]] : []),
    ...entries.map(([name, value]) => [fit(name, 200), fit(value, limits.detail)]),
  ]) as Record<string, string>;
}

function withinSize<E extends { payload: { custom_details: Record<string, string> } }>(event: E): E {
  if (Buffer.byteLength(JSON.stringify(event)) < limits.event) return event;
  const names = Object.keys(event.payload.custom_details);
  const kept = Object.entries(event.payload.custom_details).slice(0, Math.floor(names.length / 2));
  return withinSize({ ...event, payload: { ...event.payload, custom_details: Object.fromEntries(kept) } });
}
