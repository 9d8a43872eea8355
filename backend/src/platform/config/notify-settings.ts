import Type from 'typebox';
import { SecretString, strict } from './setting-types.ts';

const Channel = Type.Union([
  Type.Object(
    {
      type: Type.Literal('slack'),
      name: Type.String({ minLength: 1 }),
      webhookUrl: SecretString('Incoming webhook of Slack'),
    },
    strict,
  ),
  Type.Object(
    {
      type: Type.Literal('pagerduty'),
      name: Type.String({ minLength: 1 }),
      routingKey: SecretString('Integration key (Events API v2)'),
      url: Type.String({ default: 'https://events.pagerduty.com/v2/enqueue' }),
    },
    strict,
  ),
  Type.Object(
    {
      type: Type.Literal('email'),
      name: Type.String({ minLength: 1 }),
      smtpUrl: SecretString('smtp://user:password@host:port or smtps://...'),
      from: Type.String({ minLength: 3 }),
      to: Type.Array(Type.String({ minLength: 3 }), { minItems: 1 }),
    },
    strict,
  ),
  Type.Object(
    {
      type: Type.Literal('webhook'),
      name: Type.String({ minLength: 1 }),
      url: SecretString('Address that receives the notification as JSON'),
      secret: Type.Optional(SecretString('Key of the HMAC-SHA256 signature in X-Amadeus-Signature')),
    },
    strict,
  ),
]);

/** Where people are told. */
export const NotifySettingsSchema = Type.Object(
  { channels: Type.Array(Channel, { default: [] }) },
  { ...strict, default: {} },
);
