import { createHash } from 'node:crypto';
import type { Notification } from './contract.ts';
import { mark } from './severity-mark.ts';
import { fit, oneLine, webLink } from './text-limits.ts';

export interface EmailMessage {
  subject: string;
  text: string;
  html: string;
  /** Names the incident: equal in every message of it, so that mail programs show them as one thread. */
  threadId: string;
}

const limits = { subject: 200, text: 20_000, fields: 100, links: 10 };

/** Plain text and HTML of a notification. Nothing of it can become a header or markup. */
export function emailMessage(notification: Notification, domain: string): EmailMessage {
  const title = `${mark(notification)} ${oneLine(notification.title) || oneLine(notification.dedupKey)}`;
  const body = fit(notification.text ?? '', limits.text);
  const fields = Object.entries(notification.fields ?? {}).slice(0, limits.fields);
  const link = webLink(notification.url);
  const links = (notification.links ?? []).slice(0, limits.links).flatMap(({ label, url }) => {
    const address = webLink(url);
    return address === undefined ? [] : [{ label: oneLine(label) || address, address }];
  });
  const lines = [
    title,
    body,
    fields.map(([name, value]) => `${oneLine(name)}: ${oneLine(value)}`).join('\n'),
    link ?? '',
    links.map(({ label, address }) => `${label}: ${address}`).join('\n'),
  ];
  const thread = createHash('sha256').update(notification.dedupKey).digest('hex').slice(0, 40);
  return {
    subject: fit(title, limits.subject),
    text: `${lines.filter((line) => line !== '').join('\n\n')}\n`,
    html: page(title, body, fields, [...(link === undefined ? [] : [{ label: link, address: link }]), ...links]),
    threadId: `<${thread}@${domain}>`,
  };
}

function page(
  title: string,
  body: string,
  fields: readonly (readonly [string, string])[],
  links: readonly { label: string; address: string }[],
): string {
  const rows = fields.map(
    ([name, value]) =>
      `<tr><th align="left" style="padding:2px 16px 2px 0;font-weight:600">${escapeHtml(name)}</th>` +
      `<td style="padding:2px 0">${escapeHtml(value)}</td></tr>`,
  );
  return [
    '<!doctype html><html><body style="font-family:sans-serif;font-size:14px;line-height:1.5">',
    `<h1 style="font-size:18px">${escapeHtml(title)}</h1>`,
    body === '' ? '' : `<p style="white-space:pre-line">${escapeHtml(body)}</p>`,
    rows.length === 0 ? '' : `<table style="border-collapse:collapse">${rows.join('')}</table>`,
    ...links.map(({ label, address }) => `<p><a href="${escapeHtml(address)}">${escapeHtml(label)}</a></p>`),
    '</body></html>',
  ].join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
