import { post, type Channel, type ConfigOf, type Surroundings } from './channel.ts';
import { pagerDutyEvent } from './pagerduty-event.ts';

/** PagerDuty's Events API v2; it answers 202 to what it has taken. Repeating is safe, as the key names the incident. */
export function pagerDutyChannel(config: ConfigOf<'pagerduty'>, surroundings: Surroundings): Channel {
  return {
    name: config.name,
    kind: 'pagerduty',
    deliver: async (notification) => {
      if (!/^[0-9a-zA-Z]{32}$/.test(config.routingKey)) {
        return {
          ok: false,
          attempts: 0,
          detail: `The routing key has ${config.routingKey.length} characters; an integration key of Events API v2 has 32.`,
        };
      }
      const event = pagerDutyEvent(notification, config.routingKey, surroundings.source, surroundings.clock.now());
      return post(
        surroundings,
        config.url,
        { headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) },
        (response) => response.status === 202,
      );
    },
  };
}
