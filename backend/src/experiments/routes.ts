import type { FastifyRequest } from 'fastify';
import type { App } from '../platform/http/index.ts';
import {
  ChangeRefSchema,
  CreateExperimentSchema,
  ExperimentDetailSchema,
  ExperimentIdSchema,
  ExperimentSchema,
  ExperimentsSchema,
  ReasonSchema,
} from './contract.ts';
import type { ExperimentDesk, Writer } from './experiment-desk.ts';

const tags = ['Experiments'];

export function experimentRoutes(app: App, desk: ExperimentDesk): void {
  app.get(
    '/api/experiments',
    {
      config: { permission: 'traffic:read' },
      schema: { tags, summary: 'Experiments, newest first', response: { 200: ExperimentsSchema } },
    },
    async ({ caller }) => ({ experiments: await desk.list(caller) }),
  );
  app.get(
    '/api/experiments/:id',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'One experiment with what it has found so far',
        description: 'Its bounds hold at every look: one may look at any time and stop when one has seen enough.',
        params: ExperimentIdSchema,
        response: { 200: ExperimentDetailSchema },
      },
    },
    async ({ params, caller }) => desk.get(params.id, caller),
  );
  app.post(
    '/api/experiments',
    {
      config: { permission: 'gateway:write' },
      schema: {
        tags,
        summary: 'Set an experiment up',
        description: 'It does not run before it is started.',
        body: CreateExperimentSchema,
        response: { 201: ExperimentSchema },
      },
    },
    async (request, reply) => reply.code(201).send(await desk.create(request.body, writerOf(request))),
  );
  app.post(
    '/api/experiments/:id/start',
    {
      config: { permission: 'changes:propose' },
      schema: {
        tags,
        summary: 'Propose that it begins',
        description: 'A Change: others than the author approve it. Undoing it ends the experiment.',
        params: ExperimentIdSchema,
        body: ReasonSchema,
        response: { 201: ChangeRefSchema },
      },
    },
    async ({ params, body, caller }, reply) => reply.code(201).send(await desk.start(params.id, body.reason, caller)),
  );
  app.post(
    '/api/experiments/:id/stop',
    {
      config: { permission: 'gateway:write' },
      schema: {
        tags,
        summary: 'End it at once',
        params: ExperimentIdSchema,
        body: ReasonSchema,
        response: { 200: ExperimentSchema },
      },
    },
    async (request) => desk.stop(request.params.id, request.body.reason, writerOf(request)),
  );
  app.post(
    '/api/experiments/:id/promote',
    {
      config: { permission: 'changes:propose' },
      schema: {
        tags,
        summary: 'Propose that side B serves everybody',
        params: ExperimentIdSchema,
        body: ReasonSchema,
        response: { 201: ChangeRefSchema },
      },
    },
    async ({ params, body, caller }, reply) => reply.code(201).send(await desk.promote(params.id, body.reason, caller)),
  );
}

function writerOf({ caller, traceId }: Pick<FastifyRequest, 'caller' | 'traceId'>): Writer {
  return { caller, traceId };
}
