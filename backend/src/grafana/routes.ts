import Type, { type Static } from 'typebox';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import {
  HealthSchema,
  QueryRequestSchema,
  QueryResponseSchema,
  VariablesQuerySchema,
  VariablesSchema,
} from './contract.ts';
import { answerQueries, type PanelSources } from './panel-queries.ts';

export interface GrafanaDeps extends PanelSources {
  version: string;
}

const queryExample = {
  queries: [
    { refId: 'A', queryType: 'traffic', workload: 'shop/frontend', from: 1_795_247_115_000, to: 1_795_250_715_000 },
  ],
};

/** What the data source's executable calls: queries, health, and values for variables and editors. */
export function grafanaRoutes(app: App, deps: GrafanaDeps): void {
  app.post(
    '/api/grafana/query',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Answer the queries of panels, alert rules and annotations',
        description:
          'Data frames as JSON, one result for each refId. A query that fails carries its own status and error.',
        tags: ['grafana'],
        body: Type.Unsafe<Static<typeof QueryRequestSchema>>({ ...QueryRequestSchema, examples: [queryExample] }),
        response: { 200: QueryResponseSchema },
      },
    },
    async (request) => ({ results: await answerQueries(request.body.queries, deps, request.caller.scope) }),
  );

  app.get(
    '/api/grafana/health',
    {
      config: { permission: 'cost:read' },
      schema: { summary: 'What Save & test shows', tags: ['grafana'], response: { 200: HealthSchema } },
    },
    async (request) => health(deps, request.caller.scope),
  );

  app.get(
    '/api/grafana/variables',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Values for variables and for the query editor',
        tags: ['grafana'],
        querystring: VariablesQuerySchema,
        response: { 200: VariablesSchema },
      },
    },
    async ({ query, caller }) => ({ values: await variableValues(query, deps, caller.scope) }),
  );
}

async function variableValues(
  query: Static<typeof VariablesQuerySchema>,
  deps: PanelSources,
  scope: Scope,
): Promise<{ text: string; value: string }[]> {
  const search = (query.search ?? '').toLowerCase();
  if (query.type === 'workloads') {
    const all = await deps.traffic.workloads(scope);
    return all
      .map(({ workload }) => ({ text: workload, value: workload }))
      .filter(({ text }) => text.toLowerCase().includes(search));
  }
  if (query.type === 'dimensions') {
    const all = await deps.cost.dimensions(scope);
    return all
      .map(({ name, label }) => ({ text: label, value: name }))
      .filter(({ text }) => text.toLowerCase().includes(search));
  }
  if (query.type === 'budgets') {
    const all = await deps.budgets.status(scope);
    return all
      .map(({ id, name }) => ({ text: name, value: id }))
      .filter(({ text }) => text.toLowerCase().includes(search));
  }
  if (query.type === 'usage-dimensions') {
    return deps.usage.dimensions.filter(({ text }) => text.toLowerCase().includes(search));
  }
  if (query.type === 'routing-dimensions') {
    return (deps.routing?.dimensions ?? []).filter(({ text }) => text.toLowerCase().includes(search));
  }
  if (query.dim === undefined) {
    throw new AppError('BAD_REQUEST', 'Values are asked for without a dimension.', {
      help: 'Add `dim=`, e.g. dim=x_Team.',
    });
  }
  if (deps.routing?.dimensions.some(({ value }) => value === query.dim))
    return routingValues(query.dim, search, deps.routing, deps.now(), scope);
  const source = deps.usage.dimensions.some(({ value }) => value === query.dim) ? deps.usage : deps.cost;
  const values = await source.values(query.dim, query.search ?? '', scope);
  return values.map((value) => ({ text: value === '' ? '(none)' : value, value }));
}

const valuesSpanMs = 30 * 86_400_000;

/** Values of a dimension of the gateway's calls in the last 30 days, those with most tries first. */
async function routingValues(
  dim: string,
  search: string,
  routing: NonNullable<PanelSources['routing']>,
  to: Date,
  scope: Scope,
): Promise<{ text: string; value: string }[]> {
  const from = new Date(to.getTime() - valuesSpanMs);
  const { rows } = await routing.usage({ from, to, dims: [dim], filters: [], limit: 500 }, scope);
  return rows
    .filter(({ other }) => other !== true)
    .map(({ keys }) => keys[dim] ?? '')
    .filter((value) => value.toLowerCase().includes(search))
    .map((value) => ({ text: value === '' ? '(none)' : value, value }));
}

async function health(
  deps: GrafanaDeps,
  scope: Scope,
): Promise<{ status: 'ok' | 'error'; message: string; details: Record<string, string> }> {
  const [warehouse, store] = await Promise.all([deps.service.warehouseAnswers(), deps.service.storeAnswers()]);
  const details: Record<string, string> = {
    version: deps.version,
    warehouse: warehouse ? 'answers' : 'does not answer: check CLICKHOUSE_URL and its health',
    store: store ? 'answers' : 'does not answer: check DATABASE_URL and its health',
  };
  if (!warehouse || !store) {
    return {
      status: 'error',
      message: `The service is reached, but its ${warehouse ? 'PostgreSQL' : 'ClickHouse'} does not answer.`,
      details,
    };
  }
  const [workloads, teams] = await Promise.all([
    counted(() => deps.traffic.workloads(scope)),
    counted(() => deps.cost.values('ProviderName', '', scope)),
  ]);
  details.workloads = workloads;
  details.providers = teams;
  if (workloads === '0' && teams === '0') {
    return {
      status: 'ok',
      message: 'Connected, but no data has arrived yet: give the service a Prometheus or a FOCUS bill.',
      details,
    };
  }
  return { status: 'ok', message: `Connected: ${workloads} workloads, costs of ${teams} providers.`, details };
}

async function counted(list: () => Promise<readonly unknown[]>): Promise<string> {
  try {
    return String((await list()).length);
  } catch (error) {
    return isAppError(error) ? error.message : 'unknown';
  }
}
