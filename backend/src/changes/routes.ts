import Type from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import { changeStates, openStates, type ChangeState } from './change.ts';
import type { ChangeService } from './changes.ts';
import {
  ApproveSchema,
  ChangeDetailSchema,
  ChangeSummarySchema,
  CommentSchema,
  IdSchema,
  ListQuerySchema,
  ListSchema,
  ProposeSchema,
  ReasonSchema,
  ResolveSchema,
} from './contract.ts';

const tags = ['changes'];

export function changeRoutes(app: App, service: ChangeService): void {
  readRoutes(app, service);
  decisionRoutes(app, service);
  afterwardsRoutes(app, service);
}

function readRoutes(app: App, service: ChangeService): void {
  app.get(
    '/api/changes',
    {
      config: { permission: 'changes:read' },
      schema: { tags, summary: 'Changes, newest first', querystring: ListQuerySchema, response: { 200: ListSchema } },
    },
    async (request) => {
      const { state, kind, before, limit } = request.query;
      return service.list(request.caller.scope, {
        limit,
        ...(state === undefined ? {} : { states: statesOf(state) }),
        ...(kind === undefined ? {} : { kind }),
        ...(before === undefined ? {} : { before }),
      });
    },
  );
  app.get(
    '/api/changes/:id',
    {
      config: { permission: 'changes:read' },
      schema: {
        tags,
        summary: 'One Change with its preview, approvals, comments and history',
        params: IdSchema,
        response: { 200: ChangeDetailSchema },
      },
    },
    async (request) => service.get(request.params.id, request.caller.scope),
  );
  app.post(
    '/api/changes',
    {
      config: { permission: 'changes:propose' },
      schema: {
        tags,
        summary: 'Propose a Change',
        description: 'Whoever sees some regions, teams or products only proposes for those.',
        body: ProposeSchema,
        response: { 201: ChangeSummarySchema },
      },
    },
    async (request, reply) => {
      const { expiresAt, ...proposal } = request.body;
      const { id, name, scope } = request.caller;
      const change = await service.propose({
        ...proposal,
        author: { id, name },
        tenant: scope.tenant,
        scope,
        ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
      });
      return reply.code(201).send(change);
    },
  );
}

function decisionRoutes(app: App, service: ChangeService): void {
  app.post(
    '/api/changes/:id/approve',
    {
      config: { permission: 'changes:approve' },
      schema: {
        tags,
        summary: 'Approve a Change of someone else; the last approval needed has it applied',
        params: IdSchema,
        // A press on a button sends no body.
        body: Type.Union([ApproveSchema, Type.Null()]),
        response: { 200: ChangeDetailSchema },
      },
    },
    async (request) => service.approve(request.params.id, request.caller, request.body?.comment),
  );
  app.post(
    '/api/changes/:id/reject',
    {
      config: { permission: 'changes:approve' },
      schema: {
        tags,
        summary: 'Reject a proposed Change',
        params: IdSchema,
        body: ReasonSchema,
        response: { 200: ChangeDetailSchema },
      },
    },
    async (request) => service.reject(request.params.id, request.caller, request.body.reason),
  );
  app.post(
    '/api/changes/:id/cancel',
    {
      config: { permission: 'changes:propose' },
      schema: {
        tags,
        summary: 'Withdraw a Change that has not been applied',
        params: IdSchema,
        body: ReasonSchema,
        response: { 200: ChangeDetailSchema },
      },
    },
    async (request) => service.cancel(request.params.id, request.caller, request.body.reason),
  );
  app.post(
    '/api/changes/:id/comments',
    {
      config: { permission: 'changes:read' },
      schema: {
        tags,
        summary: 'Comment on a Change',
        params: IdSchema,
        body: CommentSchema,
        response: { 201: ChangeDetailSchema },
      },
    },
    async (request, reply) => {
      if (request.caller.kind !== 'person' && request.caller.kind !== 'program') {
        throw new AppError('FORBIDDEN', 'Only a person or a program can comment.');
      }
      return reply.code(201).send(await service.comment(request.params.id, request.caller, request.body.text));
    },
  );
}

function afterwardsRoutes(app: App, service: ChangeService): void {
  app.post(
    '/api/changes/:id/rollback',
    {
      config: { permission: 'changes:apply' },
      schema: {
        tags,
        summary: 'Undo a Change that was applied',
        params: IdSchema,
        body: ReasonSchema,
        response: { 200: ChangeDetailSchema },
      },
    },
    async (request) => service.rollBack(request.params.id, request.caller, request.body.reason),
  );
  app.post(
    '/api/changes/:id/resolve',
    {
      config: { permission: 'changes:apply' },
      schema: {
        tags,
        summary: 'Say what the world looks like where an attempt was interrupted and the service cannot know',
        params: IdSchema,
        body: ResolveSchema,
        response: { 200: ChangeDetailSchema },
      },
    },
    async (request) => {
      const { outcome, reason } = request.body;
      return service.resolve(request.params.id, request.caller, outcome, reason);
    },
  );
}

function statesOf(words: string): ChangeState[] {
  const known: ReadonlySet<string> = new Set(changeStates);
  const states = words.split(',').flatMap((word): readonly string[] => (word === 'open' ? openStates : [word]));
  const unknown = states.filter((state) => !known.has(state));
  if (unknown.length > 0) {
    throw new AppError(
      'VALIDATION_FAILED',
      `Unknown state ${unknown.join(', ')}; known: ${changeStates.join(', ')}, open.`,
    );
  }
  return [...new Set(states)] as ChangeState[];
}
