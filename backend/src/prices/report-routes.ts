import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import { ReconciliationSchema, SelfHostedSchema, SpanQuerySchema } from './reconciliation-contract.ts';
import { instantOf } from './new-version.ts';
import { reconcile } from './reconcile.ts';
import { tags, type PricesParts } from './route-parts.ts';
import { selfHostedModels } from './self-hosted-models.ts';

const dayMs = 86_400_000;
const longestDays = 92;

/** What is computed from prices and facts: tokens of self-hosted models, and bills against estimates. */
export function reportRoutes(app: App, { platform, prices, deployments }: PricesParts): void {
  const { warehouse, config } = platform;
  app.get(
    '/api/prices/self-hosted',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'What tokens of self-hosted models cost by their GPUs, allocated and used',
        tags,
        querystring: SpanQuerySchema,
        response: { 200: SelfHostedSchema },
      },
    },
    async ({ query, caller }) => selfHostedModels(warehouse, spanOf(query), deployments(), caller.scope),
  );
  app.get(
    '/api/prices/reconciliation',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Estimates against bills by day and model, with the causes of the difference',
        tags,
        querystring: SpanQuerySchema,
        response: { 200: ReconciliationSchema },
      },
    },
    async ({ query, caller }) =>
      reconcile({ warehouse, prices, threshold: config.prices.alertPercent }, spanOf(query), caller.scope),
  );
}

/** @throws AppError VALIDATION_FAILED for what is no span of whole days, or too long */
function spanOf({ from, to }: { from: string; to: string }): { from: Date; to: Date } {
  const span = { from: new Date(instantOf(from, 'from')), to: new Date(instantOf(to, 'to')) };
  const days = (span.to.getTime() - span.from.getTime()) / dayMs;
  if (span.from.getTime() % dayMs !== 0 || span.to.getTime() % dayMs !== 0 || days <= 0 || days > longestDays)
    throw new AppError('VALIDATION_FAILED', `Give \`from\` and \`to\` as UTC days, 1 to ${longestDays} days apart.`);
  return span;
}
