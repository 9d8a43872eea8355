import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Delivery } from '../platform/notify/index.ts';
import type { Platform } from '../platform/platform.ts';
import { ChannelsSchema, DeliveriesSchema, TestRequestSchema } from './contract.ts';
import { testNotifications } from './test-notification.ts';

const tags = ['notifications'];

export type Needed = Pick<Platform, 'config' | 'notifier' | 'telemetry'> & { audit: Pick<Platform['audit'], 'record'> };

export function notificationRoutes(app: App, platform: Needed): void {
  app.get(
    '/api/notify/channels',
    {
      config: { permission: 'settings:read' },
      schema: { tags, summary: 'Names and kinds of the channels', response: { 200: ChannelsSchema } },
    },
    async () => ({ channels: platform.config.notify.channels.map(({ name, type }) => ({ name, kind: type })) }),
  );
  app.post(
    '/api/notify/test',
    {
      config: { permission: 'notify:test' },
      schema: {
        tags,
        summary: 'Send a test message and say how it went',
        body: TestRequestSchema,
        response: { 200: DeliveriesSchema },
      },
    },
    async (request) => {
      const { caller } = request;
      const channels = wanted(platform.notifier.channels, request.body.channel);
      const deliveries = await sendTest(platform, channels, caller.name);
      await platform.audit.record({
        tenant: caller.scope.tenant,
        actor: { id: caller.id, name: caller.name },
        action: 'notification.tested',
        target: `channels:${channels.join(',')}`,
        after: { deliveries: deliveries.map(({ channel, ok }) => ({ channel, ok })) },
        traceId: request.traceId,
      });
      return { deliveries };
    },
  );
}

function wanted(channels: readonly string[], name: string | undefined): readonly string[] {
  if (channels.length === 0) {
    throw new AppError('UNPROCESSABLE', 'No channel is configured, so there is nobody to tell.', {
      help: 'Add a channel under `notify.channels` in the configuration and start the service again.',
    });
  }
  if (name === undefined) return channels;
  if (!channels.includes(name)) {
    throw new AppError(
      'NOT_FOUND',
      `There is no channel ${JSON.stringify(name)}; configured are ${channels.join(', ')}.`,
    );
  }
  return [name];
}

/** What the opening message came to; the closing one is sent only where the first arrived. */
async function sendTest(
  { notifier, config }: Needed,
  channels: readonly string[],
  person: string,
): Promise<Delivery[]> {
  const [open, close] = testNotifications(person, config.http.publicUrl);
  const deliveries = await notifier.send(open, channels);
  const reached = deliveries.filter(({ ok }) => ok).map(({ channel }) => channel);
  if (reached.length > 0) await notifier.send(close, reached);
  return deliveries;
}
