import { post, type Channel, type ConfigOf, type Surroundings } from './channel.ts';
import { slackMessage } from './slack-message.ts';

/** An incoming webhook of Slack; it answers 200 `ok` to what it has posted. */
export function slackChannel(config: ConfigOf<'slack'>, surroundings: Surroundings): Channel {
  return {
    name: config.name,
    kind: 'slack',
    deliver: (notification) =>
      post(
        surroundings,
        config.webhookUrl,
        { headers: { 'content-type': 'application/json' }, body: JSON.stringify(slackMessage(notification)) },
        (response) => response.status === 200,
      ),
  };
}
