import Type from 'typebox';
import type { Audit } from '../platform/audit/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import type { App } from '../platform/http/index.ts';
import { apiKeyState, type ApiKey, type ApiKeyRequest, type ApiKeys } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import {
  ApiKeySchema,
  ApiKeysSchema,
  CreateKeySchema,
  IssuedApiKeySchema,
  KeyParams,
  RotateKeySchema,
  UpdateKeySchema,
  type ApiKeyView,
} from './contract.ts';
import type { FastifyRequest } from 'fastify';

export interface ApiKeyRouteParts {
  apiKeys: ApiKeys;
  store: Store;
  audit: Audit;
  clock: Clock;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const defaultDays = 90;
const config = { permission: 'keys:manage' } as const;
const tags = ['access'];

/** API keys: make, look at, change, rotate, revoke, delete. Every change and its record in the audit log are one. */
export function apiKeyRoutes(app: App, parts: ApiKeyRouteParts): void {
  readRoutes(app, parts);
  changeRoutes(app, parts);
  endRoutes(app, parts);
}

function readRoutes(app: App, { apiKeys, clock }: ApiKeyRouteParts): void {
  app.get(
    '/api/keys',
    { config, schema: { summary: 'List the API keys', tags, response: { 200: ApiKeysSchema } } },
    async (request) => ({ keys: (await apiKeys.list(request.caller)).map((key) => viewOf(key, clock.now())) }),
  );
  app.get(
    '/api/keys/:id',
    { config, schema: { summary: 'Show an API key', tags, params: KeyParams, response: { 200: ApiKeySchema } } },
    async (request) => viewOf(await apiKeys.get(request.caller, request.params.id), clock.now()),
  );
}

function changeRoutes(app: App, parts: ApiKeyRouteParts): void {
  const { apiKeys, clock, store } = parts;
  app.post(
    '/api/keys',
    {
      config,
      schema: {
        summary: 'Make an API key',
        description: 'It can do at most what its maker may do. Its secret is in this answer and nowhere else.',
        tags,
        body: CreateKeySchema,
        response: { 201: IssuedApiKeySchema },
      },
    },
    async (request, reply) => {
      const { expiresInDays = defaultDays, name, permissions, scope } = request.body;
      const wanted: ApiKeyRequest = { name, permissions, expiresAt: inDays(clock, expiresInDays) };
      const issued = await store.transaction(async (tx) => {
        const made = await apiKeys.create(request.caller, scope ? { ...wanted, scope: given(scope) } : wanted, tx);
        await record(parts, request, tx, 'apikey.created', made.key, { after: auditView(made.key) });
        return made;
      });
      return reply.code(201).send({ key: viewOf(issued.key, clock.now()), token: issued.token });
    },
  );
  app.patch(
    '/api/keys/:id',
    {
      config,
      schema: {
        summary: 'Rename an API key, or change its permissions or its expiry',
        tags,
        params: KeyParams,
        body: UpdateKeySchema,
        response: { 200: ApiKeySchema },
      },
    },
    async (request) => {
      const { expiresInDays, ...change } = request.body;
      const before = await apiKeys.get(request.caller, request.params.id);
      const wanted = expiresInDays === undefined ? change : { ...change, expiresAt: inDays(clock, expiresInDays) };
      return await store.transaction(async (tx) => {
        const key = await apiKeys.update(request.caller, request.params.id, wanted, tx);
        const views = { before: auditView(before), after: auditView(key) };
        await record(parts, request, tx, 'apikey.changed', key, views);
        return viewOf(key, clock.now());
      });
    },
  );
  app.post(
    '/api/keys/:id/rotate',
    {
      config,
      schema: {
        summary: 'Give an API key a new secret',
        description: 'The secret before is taken for `overlapHours` more, so that programs can be changed one by one.',
        tags,
        params: KeyParams,
        body: RotateKeySchema,
        response: { 200: IssuedApiKeySchema },
      },
    },
    async (request) => {
      const overlapMs = request.body.overlapHours * hourMs;
      const issued = await store.transaction(async (tx) => {
        const rotated = await apiKeys.rotate(request.caller, request.params.id, overlapMs, tx);
        await record(parts, request, tx, 'apikey.rotated', rotated.key, { after: auditView(rotated.key) });
        return rotated;
      });
      return { key: viewOf(issued.key, clock.now()), token: issued.token };
    },
  );
}

function endRoutes(app: App, parts: ApiKeyRouteParts): void {
  const { apiKeys, clock, store } = parts;
  app.post(
    '/api/keys/:id/revoke',
    {
      config,
      schema: { summary: 'Revoke an API key at once', tags, params: KeyParams, response: { 200: ApiKeySchema } },
    },
    async (request) =>
      await store.transaction(async (tx) => {
        const key = await apiKeys.revoke(request.caller, request.params.id, tx);
        await record(parts, request, tx, 'apikey.revoked', key, {});
        return viewOf(key, clock.now());
      }),
  );
  app.delete(
    '/api/keys/:id',
    {
      config,
      schema: {
        summary: 'Delete an API key that is revoked or expired',
        tags,
        params: KeyParams,
        response: { 204: Type.Null({ description: 'It is gone' }) },
      },
    },
    async (request, reply) => {
      await store.transaction(async (tx) => {
        const key = await apiKeys.delete(request.caller, request.params.id, tx);
        await record(parts, request, tx, 'apikey.deleted', key, { before: auditView(key) });
      });
      return reply.code(204).send(null);
    },
  );
}

async function record(
  { audit }: ApiKeyRouteParts,
  request: FastifyRequest,
  tx: Store,
  action: string,
  key: ApiKey,
  views: { before?: unknown; after?: unknown },
): Promise<void> {
  const { caller, traceId } = request;
  const actor = { id: caller.id, name: caller.name };
  await audit.record({ tenant: caller.scope.tenant, actor, action, target: `key:${key.id}`, traceId, ...views }, tx);
}

function auditView({ name, permissions, scope, expiresAt }: ApiKey): object {
  const { tenant: _tenant, ...seen } = scope;
  return { name, permissions, scope: seen, expiresAt };
}

function viewOf(key: ApiKey, now: Date): ApiKeyView {
  const { regions, teams, products } = key.scope;
  const optional = { lastUsedAt: key.lastUsedAt, rotatedAt: key.rotatedAt, revokedAt: key.revokedAt };
  const overlapping = key.previousExpiresAt && key.previousExpiresAt > now ? key.previousExpiresAt : undefined;
  const dates = Object.entries({ ...optional, previousExpiresAt: overlapping })
    .filter((entry): entry is [string, Date] => entry[1] !== undefined)
    .map(([name, date]) => [name, date.toISOString()] as const);
  return {
    id: key.id,
    name: key.name,
    state: apiKeyState(key, now),
    permissions: [...key.permissions],
    scope: { regions: listed(regions), teams: listed(teams), products: listed(products) },
    createdBy: key.createdBy,
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt.toISOString(),
    ...Object.fromEntries(dates),
  };
}

function listed(part: readonly string[] | 'all'): string[] | 'all' {
  return part === 'all' ? 'all' : [...part];
}

/** The parts of a scope that were given; one that is undefined means the same as one that is absent. */
function given<T extends object>(scope: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

function inDays(clock: Clock, days: number): Date {
  return new Date(clock.now().getTime() + days * dayMs);
}
