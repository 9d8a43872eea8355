import type { Notification } from '../platform/notify/index.ts';

/**
 * A pair of messages that shows a channel works and leaves no incident open behind it: what the first opens, the second
 * closes.
 */
export function testNotifications(person: string, url: string | undefined): [Notification, Notification] {
  const common = {
    severity: 'info' as const,
    fields: { By: person },
    dedupKey: 'amadeus:test',
    ...(url === undefined ? {} : { url }),
  };
  return [
    {
      ...common,
      title: 'Amadeus can reach this channel',
      text: 'This is a test; nothing needs to be done.',
      event: 'trigger',
    },
    { ...common, title: 'Amadeus can reach this channel', text: 'The test is over.', event: 'resolve' },
  ];
}
