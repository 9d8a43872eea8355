import { Counter, Histogram, type Registry } from 'prom-client';
import { systemClock, type Clock } from '../clock/index.ts';
import type { OutgoingClient } from '../outgoing/index.ts';
import type { Telemetry } from '../telemetry/index.ts';
import { failed, type Channel, type ChannelConfig, type Surroundings } from './channel.ts';
import type { Delivery, Notification, Notifier } from './contract.ts';
import { emailChannel } from './email-channel.ts';
import { pagerDutyChannel } from './pagerduty-channel.ts';
import { slackChannel } from './slack-channel.ts';
import { webhookChannel } from './webhook-channel.ts';

export interface NotifierOptions {
  channels: readonly ChannelConfig[];
  outgoing: Pick<OutgoingClient, 'request' | 'resolve'>;
  telemetry: Telemetry;
  clock?: Clock;
  /** Names this installation to receivers, e.g. the host of its public address. Default `amadeus`. */
  source?: string;
}

/** One per telemetry: its metrics are registered there. */
export function createNotifier({
  telemetry,
  outgoing,
  clock = systemClock,
  source = 'amadeus',
  ...options
}: NotifierOptions): Notifier {
  const channels = options.channels.map((config) => openChannel(config, { outgoing, clock, source }));
  const names = channels.map((channel) => channel.name);
  const metrics = createMetrics(telemetry.metrics);

  async function deliver(channel: Channel, notification: Notification): Promise<Delivery> {
    const labels = { channel: channel.name, kind: channel.kind };
    const stop = metrics.duration.startTimer(labels);
    const outcome = await telemetry
      .span(`notify ${channel.kind}`, { channel: channel.name, event: notification.event }, () =>
        channel.deliver(notification),
      )
      // A channel that throws is a mistake of ours; it must not take what is being told about down with it.
      .catch((error: unknown) => failed(error));
    stop();
    metrics.deliveries.inc({ ...labels, outcome: outcome.ok ? 'delivered' : 'failed' });
    metrics.attempts.inc(labels, outcome.attempts);
    if (!outcome.ok) {
      telemetry.log.warn(
        { channel: channel.name, detail: outcome.detail, dedupKey: notification.dedupKey },
        'notification not delivered',
      );
    }
    return { channel: channel.name, ...outcome };
  }

  return {
    channels: names,
    send: async (notification, wanted = names) =>
      Promise.all(
        [...new Set(wanted)].map((name) => {
          const channel = channels.find((known) => known.name === name);
          return channel ? deliver(channel, notification) : Promise.resolve(unknownChannel(name, names));
        }),
      ),
  };
}

function openChannel(config: ChannelConfig, surroundings: Surroundings): Channel {
  switch (config.type) {
    case 'slack':
      return slackChannel(config, surroundings);
    case 'pagerduty':
      return pagerDutyChannel(config, surroundings);
    case 'email':
      return emailChannel(config, surroundings);
    case 'webhook':
      return webhookChannel(config, surroundings);
  }
}

function unknownChannel(channel: string, names: readonly string[]): Delivery {
  const known = names.length === 0 ? 'none is configured under notify.channels' : `configured are ${names.join(', ')}`;
  return { channel, ok: false, attempts: 0, detail: `There is no channel of this name; ${known}.` };
}

function createMetrics(registry: Registry) {
  const labelNames = ['channel', 'kind'] as const;
  const registers = [registry];
  return {
    deliveries: new Counter({
      name: 'amadeus_notifications_total',
      help: 'Notifications by channel and outcome (delivered, failed).',
      labelNames: [...labelNames, 'outcome'],
      registers,
    }),
    attempts: new Counter({
      name: 'amadeus_notification_attempts_total',
      help: 'Tries to deliver, repeated ones included.',
      labelNames,
      registers,
    }),
    duration: new Histogram({
      name: 'amadeus_notification_duration_seconds',
      help: 'Duration of a delivery, every try included.',
      labelNames,
      buckets: [0.05, 0.1, 0.5, 1, 5, 15, 60],
      registers,
    }),
  };
}
