import type { FastifyRequest } from 'fastify';
import type { App } from '../platform/http/index.ts';
import { CreateKeySchema, GatewayKeySchema, KeyIdSchema, KeysSchema, NewKeySchema } from './contract.ts';
import type { KeyDesk, KeyWriter } from './key-desk.ts';

const tags = ['Gateway'];

export function gatewayRoutes(app: App, desk: KeyDesk): void {
  app.get(
    '/api/gateway/keys',
    {
      config: { permission: 'settings:read' },
      schema: { tags, summary: 'Keys of the LLM gateway', response: { 200: KeysSchema } },
    },
    async (request) => ({ keys: await desk.list(request.caller.scope) }),
  );
  app.post(
    '/api/gateway/keys',
    {
      config: { permission: 'gateway:write' },
      schema: {
        tags,
        summary: 'Make a key for an application',
        description: 'The secret is in the answer, this once. Gateways know the key within two seconds.',
        body: CreateKeySchema,
        response: { 201: NewKeySchema },
      },
    },
    async (request, reply) => {
      const made = await desk.create(request.body, writerOf(request));
      return reply.code(201).send(made);
    },
  );
  app.delete(
    '/api/gateway/keys/:id',
    {
      config: { permission: 'gateway:write' },
      schema: {
        tags,
        summary: 'Revoke a key',
        description: 'Gateways refuse it within two seconds; calls in progress end by themselves.',
        params: KeyIdSchema,
        response: { 200: GatewayKeySchema },
      },
    },
    async (request) => desk.revoke(request.params.id, writerOf(request)),
  );
}

function writerOf({ caller, traceId }: Pick<FastifyRequest, 'caller' | 'traceId'>): KeyWriter {
  return { caller, traceId };
}
