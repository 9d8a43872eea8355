import type { FastifyRequest } from 'fastify';
import type { App } from '../platform/http/index.ts';
import { LimitIdSchema, LimitSchema, LimitsSchema, SetLimitSchema } from './contract.ts';
import type { LimitDesk, LimitWriter } from './limit-desk.ts';

const tags = ['Gateway'];
const read = { permission: 'settings:read' } as const;
const write = { permission: 'gateway:write' } as const;

export function limitRoutes(app: App, desk: LimitDesk): void {
  app.get(
    '/api/gateway/limits',
    {
      config: read,
      schema: { tags, summary: 'Limits of requests and tokens, and their use', response: { 200: LimitsSchema } },
    },
    async (request) => ({ limits: await desk.list(request.caller.scope) }),
  );
  app.post(
    '/api/gateway/limits',
    {
      config: write,
      schema: {
        tags,
        summary: 'Limit what keys, teams, products or customers may send',
        description: 'Gateways heed it within two seconds. Money is limited by budgets.',
        body: SetLimitSchema,
        response: { 201: LimitSchema },
      },
    },
    async (request, reply) => reply.code(201).send(await desk.create(request.body, writerOf(request))),
  );
  app.put(
    '/api/gateway/limits/:id',
    {
      config: write,
      schema: {
        tags,
        summary: 'Change a limit',
        description: 'What was used in the present minute and day goes on counting.',
        params: LimitIdSchema,
        body: SetLimitSchema,
        response: { 200: LimitSchema },
      },
    },
    async (request) => desk.change(request.params.id, request.body, writerOf(request)),
  );
  app.delete(
    '/api/gateway/limits/:id',
    {
      config: write,
      schema: { tags, summary: 'Delete a limit', params: LimitIdSchema, response: { 200: LimitSchema } },
    },
    async (request) => desk.remove(request.params.id, writerOf(request)),
  );
}

function writerOf({ caller, traceId }: Pick<FastifyRequest, 'caller' | 'traceId'>): LimitWriter {
  return { caller, traceId };
}
