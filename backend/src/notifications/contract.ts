import Type, { type Static } from 'typebox';

export const ChannelsSchema = Type.Object({
  channels: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.Union([
        Type.Literal('slack'),
        Type.Literal('pagerduty'),
        Type.Literal('email'),
        Type.Literal('webhook'),
      ]),
    }),
  ),
});
export type Channels = Static<typeof ChannelsSchema>;

export const TestRequestSchema = Type.Object(
  {
    channel: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'Name of one channel; all where absent',
        examples: ['ops'],
      }),
    ),
  },
  { additionalProperties: false },
);

export const DeliveriesSchema = Type.Object({
  deliveries: Type.Array(
    Type.Object({
      channel: Type.String(),
      ok: Type.Boolean(),
      attempts: Type.Integer({ description: 'Tries made; 0 where the message was not sent at all' }),
      detail: Type.String({ description: 'What the receiver answered, without secrets', examples: ['200 ok'] }),
    }),
  ),
});
export type Deliveries = Static<typeof DeliveriesSchema>;
