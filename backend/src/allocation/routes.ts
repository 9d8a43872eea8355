import Type from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import type { App } from '../platform/http/index.ts';
import { isDimension, parseFilters, type Filter } from '../cost/index.ts';
import type { AllocationReports } from './allocation-reports.ts';
import {
  EffectSchema,
  PreviewSchema,
  ReportQuerySchema,
  ReportSchema,
  RuleIdSchema,
  RuleListSchema,
  RuleSchema,
  RuleUpdateSchema,
  StoredRuleSchema,
} from './contract.ts';
import { zonedSpan } from './report-span.ts';
import { ruleProblem } from './rule.ts';
import type { Rules } from './rules.ts';

const tags = ['allocation'];

/** Reports of who bears what, and the rules behind them. */
export function allocationRoutes(app: App, reports: AllocationReports, rules: Rules, clock: Clock): void {
  app.get(
    '/api/allocation/report',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Who bears what: direct and shared cost by owner, closing to the bills to the last digit',
        description:
          'Whole days of the time zone: those that hold from and to. A charge counts on the day on which it begins. Shares are told month by month, so that the report of a quarter is the sum of its months.',
        querystring: ReportQuerySchema,
        response: { 200: ReportSchema },
      },
    },
    async ({ query, caller }) => {
      const { by = 'x_Team', currency, metric, filter, timeZone = 'UTC', ...range } = query;
      const asked = {
        ...zonedSpan(range, timeZone, clock.now()),
        by,
        ...(currency ? { currency } : {}),
        ...(metric ? { metric } : {}),
        filters: filtersOf(filter),
      };
      return reports.report(asked, caller.scope);
    },
  );
  ruleRoutes(app, rules);
  app.post(
    '/api/allocation/preview',
    {
      config: { permission: 'reports:write' },
      schema: {
        tags,
        summary: 'What a rule would change; nothing is kept',
        body: PreviewSchema,
        response: { 200: EffectSchema },
      },
    },
    async ({ body, caller }) => {
      const { rule, replaces, currency, ...range } = body;
      const problem = ruleProblem(rule);
      if (problem !== undefined) throw new AppError('VALIDATION_FAILED', problem);
      const asked = { ...zonedSpan(range, 'UTC', clock.now()), ...(currency ? { currency } : {}) };
      return reports.effect(rule, replaces, asked, caller.scope);
    },
  );
}

function ruleRoutes(app: App, rules: Rules): void {
  app.get(
    '/api/allocation/rules',
    {
      config: { permission: 'cost:read' },
      schema: { tags, summary: 'Rules that split shared costs, in their order', response: { 200: RuleListSchema } },
    },
    async ({ caller }) => ({ rules: await rules.list(caller.scope.tenant) }),
  );
  app.post(
    '/api/allocation/rules',
    {
      config: { permission: 'reports:write' },
      schema: { tags, summary: 'Add a rule', body: RuleSchema, response: { 201: StoredRuleSchema } },
    },
    async ({ body, caller }, reply) => reply.code(201).send(await rules.create(body, caller)),
  );
  app.put(
    '/api/allocation/rules/:id',
    {
      config: { permission: 'reports:write' },
      schema: {
        tags,
        summary: 'Change a rule that nobody has changed since it was read',
        params: RuleIdSchema,
        body: RuleUpdateSchema,
        response: { 200: StoredRuleSchema },
      },
    },
    async ({ params, body, caller }) => {
      const { version, ...rule } = body;
      return rules.update(params.id, version, rule, caller);
    },
  );
  app.delete(
    '/api/allocation/rules/:id',
    {
      config: { permission: 'reports:write' },
      schema: { tags, summary: 'Remove a rule', params: RuleIdSchema, response: { 204: Type.Null() } },
    },
    async ({ params, caller }, reply) => {
      await rules.remove(params.id, caller);
      return reply.code(204).send(null);
    },
  );
}

/** @throws AppError VALIDATION_FAILED */
function filtersOf(text: string | string[] | undefined): Filter[] {
  const texts = text === undefined ? [] : [text].flat();
  if (texts.some((one) => one.includes('\0')))
    throw new AppError('VALIDATION_FAILED', 'A value holds a NUL character; leave it out.');
  const parsed = parseFilters(texts, isDimension);
  if (!parsed.ok) throw new AppError('VALIDATION_FAILED', parsed.reason);
  return parsed.filters;
}
