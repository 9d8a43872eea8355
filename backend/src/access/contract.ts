import Type, { type Static } from 'typebox';
import { permissions, roles, type Permission, type Role } from '../platform/identity/index.ts';

const strict = { additionalProperties: false } as const;
const grantable = permissions.filter((permission) => permission !== 'internal');

const PermissionName = Type.Unsafe<Permission>(Type.String({ enum: [...permissions] }));
const GrantedPermission = Type.Unsafe<Permission>(Type.String({ enum: grantable }));
const RoleName = Type.Unsafe<Role>(Type.String({ enum: [...roles] }));
const Instant = (description: string): ReturnType<typeof Type.String> =>
  Type.String({ format: 'date-time', description });
const Names = Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 200 });
const SeenPart = Type.Union([Type.Literal('all'), Names]);

const ScopeSchema = Type.Object(
  { regions: SeenPart, teams: SeenPart, products: SeenPart },
  { description: 'What of the tenant may be seen', examples: [{ regions: 'all', teams: ['search'], products: 'all' }] },
);

export const MeSchema = Type.Object(
  {
    id: Type.String(),
    kind: Type.String({ enum: ['person', 'service', 'program', 'node'] }),
    name: Type.String(),
    roles: Type.Array(RoleName),
    permissions: Type.Array(PermissionName),
    tenant: Type.String(),
    scope: ScopeSchema,
  },
  {
    examples: [
      {
        id: 'user:7',
        kind: 'person',
        name: 'Mina Park',
        roles: ['viewer'],
        permissions: ['changes:read', 'cost:read', 'sources:read', 'traffic:read'],
        tenant: 'default',
        scope: { regions: 'all', teams: 'all', products: 'all' },
      },
    ],
  },
);

const keyFields = {
  id: Type.String({ examples: ['ak_k3v5q2m7x4ab'] }),
  name: Type.String(),
  state: Type.String({ enum: ['active', 'expired', 'revoked'] }),
  permissions: Type.Array(PermissionName),
  scope: ScopeSchema,
  createdBy: Type.String({ examples: ['user:1'] }),
  createdAt: Instant('When it was made'),
  expiresAt: Instant('From when on it is refused'),
  lastUsedAt: Type.Optional(Instant('Last use, to the minute')),
  rotatedAt: Type.Optional(Instant('When it got its present secret')),
  previousExpiresAt: Type.Optional(Instant('Until when the secret before the rotation is taken, too')),
  revokedAt: Type.Optional(Instant('When it was revoked')),
};
export const ApiKeySchema = Type.Object(keyFields);
export const ApiKeysSchema = Type.Object({ keys: Type.Array(ApiKeySchema) });
export const IssuedApiKeySchema = Type.Object({
  key: ApiKeySchema,
  token: Type.String({
    description: 'The key with its secret. It is shown this once; what is kept is a hash.',
    examples: ['ak_k3v5q2m7x4ab_<43 characters>'],
  }),
});

export const KeyParams = Type.Object({
  id: Type.String({ pattern: '^ak_[a-z0-9]{12}$', examples: ['ak_k3v5q2m7x4ab'] }),
});

const KeyName = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S', description: 'What it is for' });
const KeyPermissions = Type.Array(GrantedPermission, { minItems: 1, maxItems: grantable.length, uniqueItems: true });

export const CreateKeySchema = Type.Object(
  {
    name: KeyName,
    permissions: KeyPermissions,
    scope: Type.Optional(
      Type.Object(
        { regions: Type.Optional(Names), teams: Type.Optional(Names), products: Type.Optional(Names) },
        strict,
      ),
    ),
    expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 366, description: 'Default 90' })),
  },
  {
    ...strict,
    examples: [
      {
        name: 'nightly billing upload',
        permissions: ['ingest:write'],
        scope: { teams: ['search'] },
        expiresInDays: 90,
      },
    ],
  },
);

export const UpdateKeySchema = Type.Object(
  {
    name: Type.Optional(KeyName),
    permissions: Type.Optional(KeyPermissions),
    expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 366, description: 'From now on' })),
  },
  { ...strict, minProperties: 1, examples: [{ name: 'weekly billing upload', expiresInDays: 180 }] },
);

export const RotateKeySchema = Type.Object(
  {
    overlapHours: Type.Integer({
      minimum: 0,
      maximum: 168,
      default: 24,
      description: 'How long the secret before is taken, too',
    }),
  },
  { ...strict, default: {}, examples: [{ overlapHours: 24 }] },
);

export const AuditEntrySchema = Type.Object(
  {
    sequence: Type.Integer(),
    at: Instant('When it happened'),
    tenant: Type.String(),
    actor: Type.Object({ id: Type.String(), name: Type.String() }),
    action: Type.String(),
    target: Type.String(),
    reason: Type.Optional(Type.String()),
    before: Type.Optional(Type.Unknown()),
    after: Type.Optional(Type.Unknown()),
    traceId: Type.Optional(Type.String()),
    hash: Type.String({ description: "SHA-256 over the hash of the entry before and this entry's canonical JSON" }),
    previousHash: Type.String(),
  },
  {
    examples: [
      {
        sequence: 42,
        at: '2026-11-01T09:30:00.000Z',
        tenant: 'default',
        actor: { id: 'user:1', name: 'Ada' },
        action: 'apikey.created',
        target: 'key:ak_k3v5q2m7x4ab',
        after: { name: 'nightly billing upload', permissions: ['ingest:write'] },
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        hash: '8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92',
        previousHash: '0'.repeat(64),
      },
    ],
  },
);

const Word = (description: string): ReturnType<typeof Type.String> =>
  Type.String({ minLength: 1, maxLength: 200, description });
export const AuditQuerySchema = Type.Object(
  {
    action: Type.Optional(Word('E.g. `change.approved`')),
    target: Type.Optional(Word('E.g. `change:41`')),
    actor: Type.Optional(Word('Id of who did it, e.g. `user:7`')),
    from: Type.Optional(Instant('From this instant on')),
    to: Type.Optional(Instant('Before this instant')),
    cursor: Type.Optional(Type.Integer({ minimum: 1, description: '`nextCursor` of the page before' })),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  },
  strict,
);
export const AuditPageSchema = Type.Object({
  entries: Type.Array(AuditEntrySchema),
  nextCursor: Type.Optional(Type.Integer({ description: 'Absent on the last page', examples: [41] })),
});

export type Me = Static<typeof MeSchema>;
export type ApiKeyView = Static<typeof ApiKeySchema>;
export type AuditPage = Static<typeof AuditPageSchema>;
