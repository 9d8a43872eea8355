import type { FastifyRequest } from 'fastify';
import type { App } from '../platform/http/index.ts';
import type { CacheDesk, Writer } from './cache-desk.ts';
import {
  FeedbackSchema,
  FeedbackTakenSchema,
  FlushedSchema,
  FlushSchema,
  StatisticsQuerySchema,
  StatisticsSchema,
} from './contract.ts';

const tags = ['Gateway'];

export function cacheRoutes(app: App, desk: CacheDesk): void {
  app.get(
    '/api/gateway/cache/statistics',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'What caches answer, and what that saves',
        querystring: StatisticsQuerySchema,
        response: { 200: StatisticsSchema },
      },
    },
    async (request) => desk.statistics(request.query, request.caller.scope),
  );
  app.post(
    '/api/gateway/cache/invalidate',
    {
      config: { permission: 'gateway:write' },
      schema: {
        tags,
        summary: 'Make kept answers invalid',
        description: 'By policy, by tag, by both, or all of the tenant. Gateways follow within two seconds.',
        body: FlushSchema,
        response: { 200: FlushedSchema },
      },
    },
    async (request) => desk.flush(request.body, writerOf(request)),
  );
  app.post(
    '/api/gateway/feedback',
    {
      config: { permission: 'ingest:write' },
      schema: {
        tags,
        summary: 'Say whether an answer was good',
        description: 'The later word of the same caller on the same call counts.',
        body: FeedbackSchema,
        response: { 200: FeedbackTakenSchema },
      },
    },
    async (request) => {
      const { requestId, rating } = request.body;
      return { requestId, rating, learned: await desk.feedback(request.body, writerOf(request)) };
    },
  );
}

function writerOf({ caller, traceId }: Pick<FastifyRequest, 'caller' | 'traceId'>): Writer {
  return { caller, traceId };
}
