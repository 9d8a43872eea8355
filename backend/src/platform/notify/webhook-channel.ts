import { randomUUID } from 'node:crypto';
import { post, type Channel, type ConfigOf, type Surroundings } from './channel.ts';
import { webhookBody, webhookHeaders } from './webhook-call.ts';

/** JSON to an address of one's own, signed where a secret is set; every 2xx means that it was taken. */
export function webhookChannel(config: ConfigOf<'webhook'>, surroundings: Surroundings): Channel {
  return {
    name: config.name,
    kind: 'webhook',
    deliver: (notification) => {
      const id = randomUUID();
      const now = surroundings.clock.now();
      const body = JSON.stringify(webhookBody(notification, id, now));
      const headers = webhookHeaders(body, id, Math.floor(now.getTime() / 1000), config.secret);
      return post(surroundings, config.url, { headers, body }, ({ status }) => status >= 200 && status < 300);
    },
  };
}
