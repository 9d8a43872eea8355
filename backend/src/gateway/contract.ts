import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const Label = (description: string) =>
  Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f]*$', description });

const keyFields = {
  name: Label('What the key is for'),
  region: Type.String({
    default: 'default',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
    description: 'Region of the installation in which its usage is kept',
  }),
  team: Type.Optional(Label('Team whose calls these are; calls cannot name another')),
  product: Type.Optional(Label('Product; absent: calls may name it')),
  customer: Type.Optional(Label('Customer; absent: calls may name it')),
  feature: Type.Optional(Label('Feature; absent: calls may name it')),
  environment: Type.Optional(Label('Stage, e.g. production; absent: calls may name it')),
  models: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
    default: ['*'],
    minItems: 1,
    maxItems: 100,
    description: 'Models it may ask for; * at the end stands for anything',
  }),
  expiresAt: Type.Optional(Type.String({ format: 'date-time', description: 'When it ends by itself' })),
};

export const CreateKeySchema = Type.Object(keyFields, strict);
export type CreateKey = Static<typeof CreateKeySchema>;

export const GatewayKeySchema = Type.Object({
  id: Type.String(),
  ...keyFields,
  hint: Type.String({ description: 'First and last characters of the secret', examples: ['amk_9fJ2…x0Qw'] }),
  createdBy: Type.String(),
  createdAt: Type.String({ format: 'date-time' }),
  revokedAt: Type.Optional(Type.String({ format: 'date-time' })),
});
export type GatewayKey = Static<typeof GatewayKeySchema>;

export const NewKeySchema = Type.Object({
  key: GatewayKeySchema,
  secret: Type.String({ description: 'Told this once: it is not kept' }),
});
export const KeysSchema = Type.Object({ keys: Type.Array(GatewayKeySchema) });
export const KeyIdSchema = Type.Object({ id: Type.String({ pattern: '^gk_[a-z0-9]{16}$' }) }, strict);
