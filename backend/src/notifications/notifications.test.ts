import { afterEach, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../platform/config/index.ts';
import { testServer } from '../platform/http/http-fixture.ts';
import type { App } from '../platform/http/index.ts';
import type { Permission } from '../platform/identity/index.ts';
import { createNotifier } from '../platform/notify/index.ts';
import { startPagerDuty } from '../platform/notify/pagerduty-fixture.ts';
import { createOutgoing } from '../platform/outgoing/index.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import { createNotificationsRoom } from './index.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serverWith(channels: unknown[], granted: Permission[] = ['notify:test', 'settings:read']) {
  const config = loadConfig({ environment: { AMADEUS_NOTIFY_CHANNELS: JSON.stringify(channels) } });
  const telemetry = createSilentTelemetry();
  const outgoing = createOutgoing({ allow: ['127.0.0.1'], telemetry });
  const notifier = createNotifier({ channels: config.notify.channels, outgoing, telemetry });
  const caller = {
    kind: 'person' as const,
    id: 'user:7',
    name: 'Ada',
    roles: [],
    permissions: new Set(granted),
    scope: { tenant: 'default', regions: 'all' as const, teams: 'all' as const, products: 'all' as const },
  };
  const audited: unknown[] = [];
  const audit = { record: async (event: unknown) => void audited.push(event) };
  const { app } = await testServer(
    (scope) => void createNotificationsRoom({ config, notifier, audit, telemetry }).routes!(scope),
    { parts: { identity: { anonymous: caller, authenticate: async () => caller } } },
  );
  closing.push(
    () => outgoing.close(),
    () => app.close(),
  );
  return { app, audited };
}

const post = (app: App, payload: object) => app.inject({ method: 'POST', url: '/api/notify/test', payload });

async function pagerDuty() {
  const started = await startPagerDuty();
  closing.push(() => started.close());
  return started;
}

describe('a test message', () => {
  const routingKey = 'k'.repeat(32);

  test('reaches the channel, leaves no incident open and is audited', async () => {
    const duty = await pagerDuty();
    const { app, audited } = await serverWith([{ type: 'pagerduty', name: 'duty', routingKey, url: duty.url }]);
    const answer = await post(app, {});
    expect(answer.json()).toMatchObject({ deliveries: [{ channel: 'duty', ok: true, attempts: 1 }] });
    expect(duty.incidents.get('amadeus:test')?.state).toBe('resolved');
    expect(audited).toMatchObject([
      { action: 'notification.tested', actor: { id: 'user:7' }, target: 'channels:duty' },
    ]);
    expect(JSON.stringify(audited)).not.toContain(routingKey);
  });

  test('that does not arrive is an answer and not an error', async () => {
    const { app } = await serverWith([{ type: 'webhook', name: 'dead', url: 'http://127.0.0.1:9/' }]);
    const answer = await post(app, { channel: 'dead' });
    expect([answer.statusCode, answer.json<{ deliveries: { ok: boolean }[] }>().deliveries[0]!.ok]).toEqual([
      200,
      false,
    ]);
  });

  test('needs a channel that exists', async () => {
    const { app } = await serverWith([{ type: 'webhook', name: 'hook', url: 'http://127.0.0.1:9/' }]);
    expect((await post(app, { channel: 'other' })).statusCode).toBe(404);
    const none = await serverWith([]);
    expect((await post(none.app, {})).json()).toMatchObject({
      status: 422,
      help: expect.stringContaining('notify.channels'),
    });
  });

  test('needs the permission', async () => {
    const { app } = await serverWith([], ['settings:read']);
    expect((await post(app, {})).statusCode).toBe(403);
  });
});

test('channels are listed by name and kind, without their secrets', async () => {
  const { app } = await serverWith([
    { type: 'slack', name: 'ops', webhookUrl: 'https://hooks.slack.com/services/T/B/secret' },
    { type: 'email', name: 'mail', smtpUrl: 'smtp://u:secret@host', from: 'a@x', to: ['b@x'] },
  ]);
  const answer = await app.inject('/api/notify/channels');
  expect(answer.json()).toEqual({
    channels: [
      { name: 'ops', kind: 'slack' },
      { name: 'mail', kind: 'email' },
    ],
  });
});
