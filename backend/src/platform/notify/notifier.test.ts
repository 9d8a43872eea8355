import { afterEach, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createOutgoing } from '../outgoing/index.ts';
import { createTelemetry } from '../telemetry/index.ts';
import { createNotifier } from './index.ts';
import type { NotifierOptions } from './notifier.ts';
import type { Notification } from './contract.ts';
import { startPagerDuty } from './pagerduty-fixture.ts';
import { closeServer, listenLocally, startSlack } from './slack-fixture.ts';
import { startSmtp, valueOf } from './smtp-fixture.ts';

const notification: Notification = {
  title: 'Spend of search is 38 % over plan',
  text: 'It grew by $310 a day since Tuesday.',
  severity: 'critical',
  fields: { team: 'search' },
  url: 'https://grafana.example.com/a/mureon-amadeus-app',
  dedupKey: 'budget:search',
  event: 'trigger',
};

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
function closeLater<T extends { close(): Promise<unknown> }>(thing: T): T {
  closing.push(() => thing.close());
  return thing;
}

async function notifier(channels: NotifierOptions['channels'], allow = ['127.0.0.1']) {
  const lines: string[] = [];
  const telemetry = await createTelemetry({
    config: { telemetry: { logLevel: 'info' } },
    serviceVersion: '1',
    destination: { write: (line) => lines.push(line) },
    processMetrics: false,
  });
  const outgoing = closeLater(createOutgoing({ allow, telemetry, random: () => 0 }));
  return { ...createNotifier({ channels, outgoing, telemetry, source: 'amadeus.test' }), telemetry, lines };
}

describe('Slack', () => {
  test('takes the message', async () => {
    const slack = closeLater(await startSlack());
    const { send } = await notifier([{ type: 'slack', name: 'ops', webhookUrl: slack.webhookUrl }]);
    expect(await send(notification)).toEqual([{ channel: 'ops', ok: true, attempts: 1, detail: '200 ok' }]);
    expect(slack.messages).toHaveLength(1);
  });

  test('that asks to wait is asked again', async () => {
    const slack = closeLater(
      await startSlack([{ status: 429, body: 'rate_limited', headers: { 'retry-after': '0' } }]),
    );
    const { send } = await notifier([{ type: 'slack', name: 'ops', webhookUrl: slack.webhookUrl }]);
    expect(await send(notification)).toMatchObject([{ ok: true, attempts: 2 }]);
  });

  test('that no longer knows the webhook is reported without the webhook', async () => {
    const slack = closeLater(await startSlack());
    const { send, telemetry, lines } = await notifier([
      { type: 'slack', name: 'ops', webhookUrl: `${slack.base}/services/T0/B0/wrong-secret` },
    ]);
    expect(await send(notification)).toEqual([{ channel: 'ops', ok: false, attempts: 1, detail: '404 no_service' }]);
    expect(lines.join('')).toContain('notification not delivered');
    expect(lines.join('')).not.toContain('wrong-secret');
    expect(await telemetry.metrics.metrics()).toContain(
      'amadeus_notifications_total{channel="ops",kind="slack",outcome="failed"} 1',
    );
  });
});

describe('PagerDuty', () => {
  const routingKey = 'a1B2'.repeat(8);

  test('opens, acknowledges and resolves one incident by its key', async () => {
    const pagerDuty = closeLater(await startPagerDuty());
    const { send } = await notifier([{ type: 'pagerduty', name: 'duty', routingKey, url: pagerDuty.url }]);
    for (const event of ['trigger', 'acknowledge', 'resolve'] as const) {
      expect(await send({ ...notification, event })).toMatchObject([{ ok: true }]);
    }
    expect([...pagerDuty.incidents.keys()]).toEqual(['budget:search']);
    expect(pagerDuty.incidents.get('budget:search')).toMatchObject({
      state: 'resolved',
      events: [
        { payload: { severity: 'critical', source: 'amadeus.test' } },
        { event_action: 'acknowledge' },
        { event_action: 'resolve' },
      ],
    });
  });

  test('that is throttled or away for a moment is asked again', async () => {
    const pagerDuty = closeLater(await startPagerDuty([{ status: 429 }, { status: 500 }]));
    const { send } = await notifier([{ type: 'pagerduty', name: 'duty', routingKey, url: pagerDuty.url }]);
    expect(await send(notification)).toMatchObject([{ ok: true, attempts: 3 }]);
  });

  test('is not called with a key that cannot be one', async () => {
    const pagerDuty = closeLater(await startPagerDuty());
    const { send } = await notifier([{ type: 'pagerduty', name: 'duty', routingKey: 'short', url: pagerDuty.url }]);
    expect(await send(notification)).toMatchObject([
      { ok: false, attempts: 0, detail: expect.stringContaining('has 32') },
    ]);
  });
});

describe('e-mail', () => {
  const channel = (url: string): NotifierOptions['channels'][number] => ({
    type: 'email',
    name: 'mail',
    smtpUrl: url,
    from: 'Amadeus <amadeus@example.com>',
    to: ['a@example.com', 'b@example.com'],
  });

  test('arrives as text and HTML, in the thread of its incident', async () => {
    const smtp = closeLater(await startSmtp());
    const { send } = await notifier([channel(`smtp://127.0.0.1:${smtp.port}`)]);
    expect(await send(notification)).toEqual([
      { channel: 'mail', ok: true, attempts: 1, detail: '250 2.0.0 queued as 4711' },
    ]);
    await send({ ...notification, event: 'resolve' });
    const [first, second] = smtp.mails;
    expect(first).toMatchObject({ from: 'amadeus@example.com', to: ['a@example.com', 'b@example.com'] });
    expect(valueOf(first!.headers, 'Subject')).toBe('🔴 Spend of search is 38 % over plan');
    expect(first!.parts['text/plain']).toContain('team: search');
    expect(first!.parts['text/html']).toContain('search</td>');
    expect(valueOf(first!.headers, 'References')).toBe(valueOf(second!.headers, 'References'));
    expect(valueOf(first!.headers, 'Message-ID')).not.toBe(valueOf(second!.headers, 'Message-ID'));
  });

  test('takes files with it', async () => {
    const smtp = closeLater(await startSmtp());
    const { send } = await notifier([channel(`smtp://127.0.0.1:${smtp.port}`)]);
    const file = { fileName: '보고.csv', contentType: 'text/csv', content: Buffer.from('팀,1\r\n') };
    expect(await send({ ...notification, attachments: [file] })).toMatchObject([{ ok: true }]);
    expect(smtp.mails[0]!.parts['text/csv']).toBe('팀,1\r\n');
  });

  test('cannot be given a header by what it reports', async () => {
    const smtp = closeLater(await startSmtp());
    const { send } = await notifier([channel(`smtp://127.0.0.1:${smtp.port}`)]);
    const inject = 'x\r\nBcc: victim@example.com\r\n\r\nbody\n.\r\nRCPT TO:<victim@example.com>';
    await send({ ...notification, title: inject, text: inject, dedupKey: inject, fields: { [inject]: inject } });
    expect(smtp.mails).toHaveLength(1);
    expect(smtp.mails[0]!.to).toEqual(['a@example.com', 'b@example.com']);
    expect(smtp.mails[0]!.headers.map((header) => header.name.toLowerCase())).not.toContain('bcc');
    expect(smtp.commands.filter((command) => command.startsWith('RCPT'))).toHaveLength(2);
  });

  test('that is put off is tried again', async () => {
    const smtp = closeLater(await startSmtp({ answers: { MAIL: ['451 4.7.1 try again later'] } }));
    const { send } = await notifier([channel(`smtp://127.0.0.1:${smtp.port}`)]);
    expect(await send(notification)).toMatchObject([{ ok: true, attempts: 2 }]);
  });

  test('that is refused for good is not', async () => {
    const smtp = closeLater(await startSmtp({ answers: { MAIL: ['550 5.7.1 not welcome'] } }));
    const { send } = await notifier([channel(`smtp://127.0.0.1:${smtp.port}`)]);
    expect(await send(notification)).toMatchObject([
      { ok: false, attempts: 1, detail: expect.stringContaining('550') },
    ]);
  });

  test('names recipients that were refused while others were taken', async () => {
    const smtp = closeLater(await startSmtp({ answers: { RCPT: ['550 5.1.1 unknown'] } }));
    const { send } = await notifier([channel(`smtp://127.0.0.1:${smtp.port}`)]);
    expect(await send(notification)).toMatchObject([{ ok: true, detail: expect.stringContaining('refused: 1 of 2') }]);
  });

  test('never sends a password without TLS unless it is told to', async () => {
    const auth = { user: 'amadeus', pass: 'p@ss' };
    const smtp = closeLater(await startSmtp({ auth }));
    const url = `smtp://amadeus:p%40ss@127.0.0.1:${smtp.port}`;
    const { send, lines } = await notifier([channel(url), { ...channel(`${url}?tls=optional`), name: 'relay' }]);
    expect(await send(notification, ['mail'])).toMatchObject([{ ok: false }]);
    expect(smtp.commands.some((command) => command.startsWith('AUTH'))).toBe(false);
    expect(await send(notification, ['relay'])).toMatchObject([{ ok: true }]);
    expect(lines.join('')).not.toContain('p@ss');
  });

  test('follows the rules of outgoing calls', async () => {
    const smtp = closeLater(await startSmtp());
    const { send } = await notifier([channel(`smtp://127.0.0.1:${smtp.port}`)], []);
    expect(await send(notification)).toMatchObject([
      { ok: false, detail: expect.stringContaining('private or reserved') },
    ]);
    expect(smtp.commands).toEqual([]);
  });
});

describe('a webhook', () => {
  async function receiver(statuses: number[] = []) {
    const calls: { headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        calls.push({ headers: request.headers, body });
        response.writeHead(statuses.shift() ?? 204).end();
      });
    });
    const url = await listenLocally(server);
    closing.push(() => closeServer(server));
    return { url, calls };
  }

  test('is signed over its time and body', async () => {
    const { url, calls } = await receiver();
    const { send } = await notifier([{ type: 'webhook', name: 'hook', url, secret: 'shared' }]);
    expect(await send(notification)).toMatchObject([{ ok: true }]);
    const { headers, body } = calls[0]!;
    const expected = createHmac('sha256', 'shared')
      .update(`${String(headers['x-amadeus-timestamp'])}.${body}`)
      .digest('hex');
    expect(headers['x-amadeus-signature']).toBe(`sha256=${expected}`);
    expect(JSON.parse(body)).toMatchObject({ version: 1, ...notification, id: headers['x-amadeus-delivery'] });
  });

  test('keeps its id when it is repeated, so that the receiver can tell', async () => {
    const { url, calls } = await receiver([503]);
    const { send } = await notifier([{ type: 'webhook', name: 'hook', url }]);
    expect(await send(notification)).toMatchObject([{ ok: true, attempts: 2 }]);
    expect(calls[0]!.headers['x-amadeus-delivery']).toBe(calls[1]!.headers['x-amadeus-delivery']);
    expect(calls[0]!.headers).not.toHaveProperty('x-amadeus-signature');
  });

  test('to an address inside the network is refused unless it is listed', async () => {
    const { url, calls } = await receiver();
    const { send } = await notifier([{ type: 'webhook', name: 'hook', url }], []);
    expect(await send(notification)).toMatchObject([{ ok: false }]);
    expect(calls).toEqual([]);
  });
});

describe('several channels', () => {
  test('do not wait for, or fail with, each other', async () => {
    const slack = closeLater(await startSlack());
    const { send, channels } = await notifier([
      { type: 'webhook', name: 'dead', url: 'http://127.0.0.1:9/' },
      { type: 'slack', name: 'ops', webhookUrl: slack.webhookUrl },
    ]);
    expect(channels).toEqual(['dead', 'ops']);
    expect((await send(notification)).map(({ channel, ok }) => [channel, ok])).toEqual([
      ['dead', false],
      ['ops', true],
    ]);
  });

  test('can be chosen; an unknown name is answered, not thrown', async () => {
    const slack = closeLater(await startSlack());
    const { send } = await notifier([{ type: 'slack', name: 'ops', webhookUrl: slack.webhookUrl }]);
    expect(await send(notification, ['nobody'])).toEqual([
      { channel: 'nobody', ok: false, attempts: 0, detail: 'There is no channel of this name; configured are ops.' },
    ]);
    expect(slack.requests()).toBe(0);
  });

  test('may be none', async () => {
    const { send } = await notifier([]);
    expect(await send(notification)).toEqual([]);
  });
});
