import { parseRange } from '../cost/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import {
  RequestsQuerySchema,
  RequestsSchema,
  UsageDimensionsSchema,
  UsageQuerySchema,
  UsageSummarySchema,
  UsageValuesParamsSchema,
  UsageValuesQuerySchema,
  UsageValuesSchema,
  type RequestsQuery,
} from './contract.ts';
import { isUsageDimension, usageDimensionNames, usageDimensions } from './usage-dimensions.ts';
import { parseFilters, usagePlan, type Parsed, type UsageFilter } from './usage-query.ts';
import type { UsageQueries } from './usage-queries.ts';
import type { Span } from '../cost/index.ts';

/** Questions about the usage of language models. */
export function usageRoutes(app: App, queries: UsageQueries, clock: Clock): void {
  app.get(
    '/api/llm/usage',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Calls, tokens by kind, cost, sessions and latency of language models, by dimensions',
        description:
          'Exact sums from the roll-ups. Days are UTC days; a session counts once a day, at its first request.',
        tags: ['llm'],
        querystring: UsageQuerySchema,
        response: { 200: UsageSummarySchema },
      },
    },
    async ({ query, caller, signal }) => queries.summary(accepted(usagePlan(query, clock.now())), caller.scope, signal),
  );

  app.get(
    '/api/llm/requests',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'The calls behind a sum, with price, file and line',
        tags: ['llm'],
        querystring: RequestsQuerySchema,
        response: { 200: RequestsSchema },
      },
    },
    async ({ query, caller, signal }) =>
      queries.requests(accepted(requestsQuery(query, clock.now())), caller.scope, signal),
  );

  app.get(
    '/api/llm/dimensions',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'What usage can be grouped and filtered by',
        tags: ['llm'],
        response: { 200: UsageDimensionsSchema },
      },
    },
    async () => ({ dims: usageDimensionNames.map((name) => ({ name, label: usageDimensions[name] })) }),
  );

  app.get(
    '/api/llm/dimensions/:dim/values',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Values of a dimension in the last 90 days, the most used first',
        tags: ['llm'],
        params: UsageValuesParamsSchema,
        querystring: UsageValuesQuerySchema,
        response: { 200: UsageValuesSchema },
      },
    },
    async ({ params, query, caller, signal }) => {
      if (!isUsageDimension(params.dim))
        throw new AppError('NOT_FOUND', 'There is no such dimension.', {
          help: `One of ${usageDimensionNames.join(', ')}.`,
        });
      const { search = '', limit = 100 } = query;
      if (search.includes('\0')) return { values: [] };
      const span = accepted(rangeOf({ range: '90d' }, clock.now()));
      return { values: await queries.values(params.dim, search, limit, span, caller.scope, signal) };
    },
  );
}

function requestsQuery(
  asked: RequestsQuery,
  now: Date,
): Parsed<{ range: Span; filters: UsageFilter[]; limit: number; cursor?: string }> {
  const range = rangeOf(asked, now);
  if (!range.ok) return range;
  const filters = parseFilters(asked.filter);
  if (!filters.ok) return filters;
  const { limit = 100, cursor } = asked;
  return {
    ok: true,
    query: { range: range.query, filters: filters.query, limit, ...(cursor === undefined ? {} : { cursor }) },
  };
}

function rangeOf(asked: { range?: string; from?: string; to?: string }, now: Date): Parsed<Span> {
  const parsed = parseRange(asked, now);
  return parsed.ok ? { ok: true, query: parsed.range } : parsed;
}

/** @throws AppError VALIDATION_FAILED with the reason */
export function accepted<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.query;
  throw new AppError('VALIDATION_FAILED', parsed.reason);
}
