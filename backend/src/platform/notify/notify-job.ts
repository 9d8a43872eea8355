import Type, { type Static } from 'typebox';
import { AppError } from '../errors/index.ts';
import type { JobDefinition, Jobs } from '../queue/index.ts';
import type { Notification, Notifier } from './contract.ts';

const Payload = Type.Object({
  channel: Type.String(),
  notification: Type.Object({
    title: Type.String(),
    text: Type.Optional(Type.String()),
    severity: Type.Union([
      Type.Literal('info'),
      Type.Literal('warning'),
      Type.Literal('error'),
      Type.Literal('critical'),
    ]),
    fields: Type.Optional(Type.Record(Type.String(), Type.String())),
    url: Type.Optional(Type.String()),
    dedupKey: Type.String(),
    event: Type.Union([Type.Literal('trigger'), Type.Literal('acknowledge'), Type.Literal('resolve')]),
  }),
});

/** Notifications that outlive the process: once `enqueue` has returned, a restart or an outage of the receiver loses nothing. */
export interface Outbox {
  /** Keeps one job per channel (all by default) and returns their ids. */
  enqueue(notification: Notification, channels?: readonly string[]): Promise<string[]>;
}

const attempts = 8;

/** Declares the job `notify.deliver` on `jobs` and returns the outbox in front of it. Call it once per process. */
export function defineNotifyJob(jobs: Jobs, notifier: Notifier): Outbox {
  const definition: JobDefinition<typeof Payload, { attempts: number; detail: string }> = {
    name: 'notify.deliver',
    payload: Payload,
    attempts,
    concurrency: 4,
    handle: async (payload) => deliver(notifier, payload),
  };
  jobs.define(definition);
  return {
    enqueue: (notification, channels = notifier.channels) =>
      Promise.all(
        [...new Set(channels)].map((channel) =>
          jobs.enqueue(definition, { channel, notification: { ...notification } }),
        ),
      ),
  };
}

async function deliver(notifier: Notifier, { channel, notification }: Static<typeof Payload>) {
  const [delivery] = await notifier.send(notification, [channel]);
  // Throwing hands the job back to the queue, which repeats it with growing pauses.
  if (!delivery?.ok) throw new AppError('UPSTREAM_FAILED', `${channel}: ${delivery?.detail ?? 'no delivery'}`);
  return { attempts: delivery.attempts, detail: delivery.detail };
}
