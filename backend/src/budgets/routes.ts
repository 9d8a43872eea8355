import Type from 'typebox';
import type { FastifyRequest } from 'fastify';
import type { App } from '../platform/http/index.ts';
import { budgetDimensions } from './budget.ts';
import type { BudgetDesk } from './budget-desk.ts';
import type { Actor } from './budget-ledger.ts';
import {
  BudgetHistorySchema,
  BudgetIdSchema,
  BudgetSchema,
  BudgetsQuerySchema,
  BudgetsSchema,
  BurnDownQuerySchema,
  BurnDownSchema,
  CreateBudgetSchema,
  DeleteBudgetSchema,
  DeliveriesSchema,
  HistoryQuerySchema,
  ReleaseRequestSchema,
  SnoozeRequestSchema,
  UpdateBudgetSchema,
  type BudgetView,
} from './contract.ts';

const tags = ['budgets'];
const defaultEntries = 50;

/** Budgets over HTTP. */
export function budgetRoutes(app: App, desk: BudgetDesk): void {
  readRoutes(app, desk);
  writeRoutes(app, desk);
  alertRoutes(app, desk);
}

function readRoutes(app: App, desk: BudgetDesk): void {
  app.get(
    '/api/budgets',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Budgets with where they stand, by name',
        querystring: BudgetsQuerySchema,
        response: { 200: BudgetsSchema },
      },
    },
    async ({ query, caller }) => ({
      budgets: (await desk.list(caller.scope)).filter((budget) => isAsked(budget, query)),
      channels: [...desk.channels],
      dimensions: [...budgetDimensions],
    }),
  );
  app.get(
    '/api/budgets/:id',
    {
      config: { permission: 'cost:read' },
      schema: { tags, summary: 'One budget', params: BudgetIdSchema, response: { 200: BudgetSchema } },
    },
    async ({ params, caller }) => desk.get(params.id, caller.scope),
  );
  app.get(
    '/api/budgets/:id/burn-down',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Spend of a window day by day, with plan, thresholds and forecast',
        params: BudgetIdSchema,
        querystring: BurnDownQuerySchema,
        response: { 200: BurnDownSchema },
      },
    },
    async ({ params, query, caller, signal }) => desk.burnDown(params.id, query.at, caller.scope, signal),
  );
  app.get(
    '/api/budgets/:id/history',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Everything that happened to a budget, newest first',
        params: BudgetIdSchema,
        querystring: HistoryQuerySchema,
        response: { 200: BudgetHistorySchema },
      },
    },
    async ({ params, query, caller }) =>
      desk.history(params.id, query.before, query.limit ?? defaultEntries, caller.scope),
  );
}

function writeRoutes(app: App, desk: BudgetDesk): void {
  app.post(
    '/api/budgets',
    {
      config: { permission: 'budgets:write' },
      schema: { tags, summary: 'Create a budget', body: CreateBudgetSchema, response: { 201: BudgetSchema } },
    },
    async (request, reply) => {
      const { reason, ...input } = request.body;
      return reply.code(201).send(await desk.create(input, actorOf(request), reason));
    },
  );
  app.put(
    '/api/budgets/:id',
    {
      config: { permission: 'budgets:write' },
      schema: {
        tags,
        summary: 'Change a budget: what is sent replaces all of it',
        params: BudgetIdSchema,
        body: UpdateBudgetSchema,
        response: { 200: BudgetSchema },
      },
    },
    async (request) => {
      const { reason, version, ...input } = request.body;
      return desk.change(request.params.id, input, version, actorOf(request), reason);
    },
  );
  app.delete(
    '/api/budgets/:id',
    {
      config: { permission: 'budgets:write' },
      schema: {
        tags,
        summary: 'Delete a budget; its history is kept',
        params: BudgetIdSchema,
        querystring: DeleteBudgetSchema,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await desk.remove(request.params.id, actorOf(request), request.query.reason);
      return reply.code(204).send(null);
    },
  );
}

function alertRoutes(app: App, desk: BudgetDesk): void {
  app.post(
    '/api/budgets/:id/snooze',
    {
      config: { permission: 'budgets:write' },
      schema: {
        tags,
        summary: 'Tell nobody of this budget until a time',
        params: BudgetIdSchema,
        body: SnoozeRequestSchema,
        response: { 200: BudgetSchema },
      },
    },
    async (request) => {
      const { until, reason } = request.body;
      return desk.snooze(request.params.id, new Date(until), actorOf(request), reason);
    },
  );
  app.post(
    '/api/budgets/:id/release',
    {
      config: { permission: 'budgets:write' },
      schema: {
        tags,
        summary: 'End the snooze now; what was kept back is sent',
        params: BudgetIdSchema,
        body: ReleaseRequestSchema,
        response: { 200: BudgetSchema },
      },
    },
    async (request) => desk.release(request.params.id, actorOf(request), request.body.reason),
  );
  app.post(
    '/api/budgets/:id/test-alert',
    {
      config: { permission: 'budgets:write' },
      schema: {
        tags,
        summary: 'Send a test to those whom the budget tells',
        params: BudgetIdSchema,
        response: { 200: DeliveriesSchema },
      },
    },
    async (request) => ({ deliveries: await desk.testAlert(request.params.id, actorOf(request)) }),
  );
}

function actorOf({ caller, traceId }: Pick<FastifyRequest, 'caller' | 'traceId'>): Actor {
  return { id: caller.id, name: caller.name, scope: caller.scope, traceId };
}

function isAsked(budget: BudgetView, query: { state?: string; team?: string; search?: string }): boolean {
  const { state, team, search } = query;
  const teams = budget.filters.find(({ dimension }) => dimension === 'x_Team')?.values ?? [];
  return (
    (state === undefined || (budget.status?.state ?? 'waiting') === state) &&
    (team === undefined || teams.includes(team)) &&
    (search === undefined || budget.name.toLowerCase().includes(search.toLowerCase()))
  );
}
