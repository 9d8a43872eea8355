import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { createOutgoing } from '../outgoing/index.ts';
import { openJobs } from '../queue/index.ts';
import { createSilentTelemetry } from '../telemetry/index.ts';
import { testStores, type TestStores } from '../testing/index.ts';
import type { Notification } from './contract.ts';
import { createNotifier, defineNotifyJob } from './index.ts';
import { startSlack } from './slack-fixture.ts';

const notification: Notification = { title: 'Peak ahead', severity: 'info', dedupKey: 'k', event: 'trigger' };
let stores: TestStores;
beforeAll(async () => {
  stores = await testStores();
});
afterAll(async () => {
  await stores.close();
});

/** One process of the service, as far as notifications go. */
async function startProcess(webhookUrl: string) {
  const telemetry = createSilentTelemetry();
  const outgoing = createOutgoing({ allow: ['127.0.0.1'], telemetry });
  const notifier = createNotifier({ channels: [{ type: 'slack', name: 'ops', webhookUrl }], outgoing, telemetry });
  const jobs = await openJobs({ store: stores.store, log: telemetry.log, metrics: telemetry.metrics, backoffMs: 10 });
  return {
    jobs,
    outbox: defineNotifyJob(jobs, notifier),
    stop: async () => {
      await jobs.close();
      await outgoing.close();
    },
  };
}

test('what was handed to the outbox is delivered after a restart, and again until the receiver takes it', async () => {
  const slack = await startSlack(Array.from({ length: 4 }, () => ({ status: 500, body: 'rollup_error' })));
  const first = await startProcess(slack.webhookUrl);
  const [id] = await first.outbox.enqueue(notification);
  await first.stop();
  expect(slack.requests()).toBe(0);

  const second = await startProcess(slack.webhookUrl);
  await second.jobs.start();
  while ((await second.jobs.status('notify.deliver', id!)).state !== 'completed') await delay(20);
  expect(await second.jobs.status('notify.deliver', id!)).toMatchObject({ result: { detail: '200 ok' } });
  expect(slack.messages).toHaveLength(1);
  await second.stop();
  await slack.close();
});
