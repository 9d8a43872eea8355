import { describe, expect, test } from '@jest/globals';
import type { Notification } from './contract.ts';
import { emailMessage } from './email-message.ts';
import { pagerDutyBreaches } from './pagerduty-fixture.ts';
import { pagerDutyEvent, shortKey } from './pagerduty-event.ts';
import { slackBreaches } from './slack-fixture.ts';
import { slackMessage } from './slack-message.ts';
import { fit } from './text-limits.ts';

const notification: Notification = {
  title: 'Peak of 2,300 rps expected at 20:10',
  text: 'Capacity is ready at 20:04.',
  severity: 'warning',
  fields: { workload: 'shop/search', replicas: '12 → 18' },
  url: 'https://grafana.example.com/a/mureon-amadeus-app/traffic?workload=shop%2Fsearch&range=1h',
  dedupKey: 'scaling:shop/search',
  event: 'trigger',
};

/** Inputs that break naive encoders: the longest, the emptiest, and every control character of the targets. */
const hostile: [string, Partial<Notification>][] = [
  ['a title of 5000 characters', { title: 'ä'.repeat(5000) }],
  ['a title of emoji at the limit', { title: '🔥'.repeat(200) }],
  ['an empty title', { title: '  ' }],
  ['a title of many lines', { title: 'one\r\nBcc: victim@example.com\r\ntwo\u2028three' }],
  ['mentions and markup', { title: '<!channel> & <@U1>', text: '<!here> <https://evil.example|click> a & b < c > d' }],
  ['a text of ampersands', { text: '&'.repeat(10_000) }],
  ['a text of 100000 characters', { text: '한'.repeat(100_000) }],
  ['an empty text', { text: '   ' }],
  [
    '65 fields with long values',
    { fields: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`field ${i} <&>`, '<'.repeat(9000)])) },
  ],
  ['an empty field', { fields: { '': '' } }],
  ['a script as link', { url: 'javascript:alert(1)' }],
  ['a link with bars and brackets', { url: 'https://grafana.example.com/d/x?var=a|b&c=<d>' }],
  [
    'hostile further links',
    {
      links: [
        { label: '<b>', url: 'javascript:x' },
        { label: 'ü'.repeat(300), url: `https://a.example/?${'x'.repeat(2900)}` },
      ],
    },
  ],
  ['no words for a link', { links: [{ label: ' ', url: 'https://a.example' }] }],
  ['thirty links', { links: Array.from({ length: 30 }, (_, i) => ({ label: `${i}`, url: 'https://a.example' })) }],
  ['a very long link', { url: `https://grafana.example.com/?q=${'x'.repeat(5000)}` }],
  ['a key of 1000 characters', { dedupKey: 'k'.repeat(1000) }],
  ['quotes, backslashes and zero bytes', { title: '"\\\u0000\u0007', text: '\u0000"\\' }],
];

const undo = { label: 'Undo', url: 'https://grafana.example.com/a/mureon-amadeus-app/traffic?change=7' };

test('what can be done next is one click away in every channel', () => {
  const told = { ...notification, links: [undo] };
  expect(slackMessage(told).blocks.at(-1)).toEqual({
    type: 'actions',
    elements: [
      { type: 'button', text: { type: 'plain_text', text: 'Undo', emoji: true }, url: undo.url, action_id: 'open-0' },
    ],
  });
  expect(pagerDutyEvent(told, 'key', 'amadeus', new Date(0)).links).toContainEqual({ href: undo.url, text: 'Undo' });
  expect(emailMessage(told, 'example.com').text).toContain(`Undo: ${undo.url}`);
  expect(emailMessage(told, 'example.com').html).toContain(`<a href="${undo.url}">Undo</a>`);
});

describe('a message for Slack', () => {
  test('has a header, the text, the fields and the link', () => {
    expect(slackMessage(notification)).toEqual({
      text: '🟡 Peak of 2,300 rps expected at 20:10',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: '🟡 Peak of 2,300 rps expected at 20:10', emoji: true } },
        { type: 'section', text: { type: 'mrkdwn', text: 'Capacity is ready at 20:04.', verbatim: true } },
        {
          type: 'section',
          fields: [
            { type: 'mrkdwn', text: '*workload*\nshop/search', verbatim: true },
            { type: 'mrkdwn', text: '*replicas*\n12 → 18', verbatim: true },
          ],
        },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: '<https://grafana.example.com/a/mureon-amadeus-app/traffic?workload=shop%2Fsearch&amp;range=1h|↗ grafana.example.com>',
            verbatim: true,
          },
        },
      ],
    });
  });

  test.each(hostile)('keeps the rules with %s', (_what, change) => {
    expect(slackBreaches(slackMessage({ ...notification, ...change }))).toEqual([]);
  });

  test('says by a sign whether it is over or taken up', () => {
    expect(slackMessage({ ...notification, event: 'resolve' }).text).toMatch(/^✅/);
    expect(slackMessage({ ...notification, event: 'acknowledge' }).text).toMatch(/^👀/);
  });

  test('the rules themselves refuse what Slack refuses', () => {
    const header = (text: string) => ({ text: 'x', blocks: [{ type: 'header', text: { type: 'plain_text', text } }] });
    expect(slackBreaches(header('x'.repeat(151)))).toHaveLength(1);
    expect(slackBreaches({ text: '<!channel>', blocks: [] })).toHaveLength(2);
  });
});

describe('an event for PagerDuty', () => {
  const key = 'R'.repeat(32);
  const now = new Date('2026-11-21T10:00:00Z');

  test('triggers with summary, source, severity, time, details and link', () => {
    expect(pagerDutyEvent(notification, key, 'amadeus.example.com', now)).toEqual({
      routing_key: key,
      event_action: 'trigger',
      dedup_key: 'scaling:shop/search',
      payload: {
        summary: 'Peak of 2,300 rps expected at 20:10',
        source: 'amadeus.example.com',
        severity: 'warning',
        timestamp: '2026-11-21T10:00:00.000Z',
        custom_details: { text: 'Capacity is ready at 20:04.', workload: 'shop/search', replicas: '12 → 18' },
      },
      client: 'Amadeus',
      client_url: notification.url,
      links: [{ href: notification.url, text: 'grafana.example.com' }],
    });
  });

  test.each(['resolve', 'acknowledge'] as const)('to %s holds the key of the incident alone', (event) => {
    expect(pagerDutyEvent({ ...notification, event }, key, 'x', now)).toEqual({
      routing_key: key,
      event_action: event,
      dedup_key: 'scaling:shop/search',
    });
  });

  test.each(hostile)('keeps the rules with %s', (_what, change) => {
    const event = pagerDutyEvent({ ...notification, ...change }, key, 'amadeus', now);
    expect(pagerDutyBreaches(event as unknown as Record<string, unknown>)).toEqual([]);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(512 * 1024);
  });

  test('stays below 512 KB with fields of four-byte characters', () => {
    const fields = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, '\u0001'.repeat(5000)]));
    const event = pagerDutyEvent({ ...notification, fields }, key, 'amadeus', now);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(512 * 1024);
  });

  test('long keys stay distinct and stable', () => {
    const [a, b] = ['a', 'b'].map((end) => shortKey('k'.repeat(300) + end));
    expect(a).toHaveLength(255);
    expect(a).not.toBe(b);
    expect(shortKey('k'.repeat(300) + 'a')).toBe(a);
  });
});

describe('an e-mail', () => {
  test('says the same as text and as HTML', () => {
    const mail = emailMessage(notification, 'mail.example.com');
    expect(mail.subject).toBe('🟡 Peak of 2,300 rps expected at 20:10');
    expect(mail.text).toBe(
      `🟡 Peak of 2,300 rps expected at 20:10\n\nCapacity is ready at 20:04.\n\nworkload: shop/search\nreplicas: 12 → 18\n\n${notification.url}\n`,
    );
    expect(mail.html).toContain('<th align="left" style="padding:2px 16px 2px 0;font-weight:600">workload</th>');
  });

  test('is one thread per incident', () => {
    const [first, second, other] = ['a', 'a', 'b'].map(
      (dedupKey) => emailMessage({ ...notification, dedupKey }, 'x').threadId,
    );
    expect(first).toBe(second);
    expect(first).not.toBe(other);
  });

  test.each(hostile)('has neither markup nor header lines of its own with %s', (_what, change) => {
    const mail = emailMessage({ ...notification, ...change }, 'mail.example.com');
    expect(mail.subject).not.toMatch(/[\r\n]/);
    expect(mail.subject.length).toBeLessThanOrEqual(200);
    expect(mail.html).not.toMatch(/<(?!\/?(!doctype html|html|body|h1|p|table|tr|th|td|a)[ >])/);
    expect(mail.html).not.toContain('javascript:');
  });
});

describe('fitting text', () => {
  test('never cuts a character or an entity in half', () => {
    expect(fit('🔥🔥🔥', 5)).toBe('🔥🔥…');
    expect(fit('ab&cd', 6, (c) => (c === '&' ? '&amp;' : c))).toBe('ab…');
    expect(fit('abc', 3)).toBe('abc');
  });
});
