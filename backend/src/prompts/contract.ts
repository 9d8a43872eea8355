import Type, { type Static } from 'typebox';

export const RequestIdSchema = Type.Object(
  {
    requestId: Type.String({
      pattern: '^[0-9a-zA-Z._-]{8,64}$',
      description: 'What the gateway named the call in x-amadeus-request-id',
    }),
  },
  { additionalProperties: false },
);

export const ReadPromptSchema = Type.Object({
  requestId: Type.String(),
  region: Type.String(),
  policy: Type.String(),
  version: Type.String({ description: 'Of the policy' }),
  team: Type.Optional(Type.String()),
  product: Type.Optional(Type.String()),
  createdAt: Type.String({ format: 'date-time' }),
  dialect: Type.String(),
  prompt: Type.String({ description: 'JSON text of the request, masked; empty where it was too long' }),
  answer: Type.Optional(
    Type.String({ description: 'JSON text or event stream, masked; absent where it was too long or was cut off' }),
  ),
});
export type ReadPrompt = Static<typeof ReadPromptSchema>;
