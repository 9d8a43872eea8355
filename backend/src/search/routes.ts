import type { App } from '../platform/http/index.ts';
import { SearchAnswerSchema, SearchQuerySchema } from './contract.ts';
import type { Search } from './search.ts';

const defaultLimit = 20;

export function searchRoutes(app: App, search: Search): void {
  app.get(
    '/api/search',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags: ['search'],
        summary: 'Teams, products, customers, models, resources and whatever else has a name, by words of it',
        description:
          'Names of bills, budgets, saved views, sources and workloads, each with the page that shows it. Narrowed to what the caller may see.',
        querystring: SearchQuerySchema,
        response: { 200: SearchAnswerSchema },
      },
    },
    async ({ query, caller, signal }) => search.find(query.q, query.limit ?? defaultLimit, caller, signal),
  );
}
