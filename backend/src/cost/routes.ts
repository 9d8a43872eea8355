import { AppError } from '../platform/errors/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import type { App } from '../platform/http/index.ts';
import {
  DimensionsSchema,
  LinesQuerySchema,
  LinesSchema,
  SummaryQuerySchema,
  SummarySchema,
  ValuesParamsSchema,
  ValuesQuerySchema,
  ValuesSchema,
} from './contract.ts';
import type { CostQueries } from './cost-queries.ts';
import { linesQuery, summaryQuery, type Parsed } from './query-parameters.ts';

/** Questions about cost. */
export function costRoutes(app: App, queries: CostQueries, clock: Clock): void {
  app.get(
    '/api/cost/summary',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Cost by dimensions, in all or along time',
        description: 'Exact decimals in one currency. Days are UTC days.',
        tags: ['cost'],
        querystring: SummaryQuerySchema,
        response: { 200: SummarySchema },
      },
    },
    async ({ query, caller, signal }) =>
      queries.summary(accepted(summaryQuery(query, clock.now())), caller.scope, signal),
  );

  app.get(
    '/api/cost/dimensions',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'What cost can be grouped and filtered by',
        tags: ['cost'],
        response: { 200: DimensionsSchema },
      },
    },
    async ({ caller, signal }) => ({ dims: await queries.dimensions(caller.scope, signal) }),
  );

  app.get(
    '/api/cost/dimensions/:dim/values',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Values of a dimension, the costliest first',
        tags: ['cost'],
        params: ValuesParamsSchema,
        querystring: ValuesQuerySchema,
        response: { 200: ValuesSchema },
      },
    },
    async ({ params, query, caller, signal }) => ({
      values: await queries.values(params.dim, query.search ?? '', query.limit ?? 100, caller.scope, signal),
    }),
  );

  app.get(
    '/api/cost/lines',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'The lines of the bills behind a sum, with file and line',
        tags: ['cost'],
        querystring: LinesQuerySchema,
        response: { 200: LinesSchema },
      },
    },
    async ({ query, caller, signal }) => queries.lines(accepted(linesQuery(query, clock.now())), caller.scope, signal),
  );
}

/** @throws AppError VALIDATION_FAILED with the reason */
export function accepted<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.query;
  throw new AppError('VALIDATION_FAILED', parsed.reason);
}
