import type { App } from '../platform/http/index.ts';
import { ImportQuerySchema, ImportReportSchema, ImportsSchema } from './import-contract.ts';
import * as repository from './price-repository.ts';
import type { ImportReport } from './import-contract.ts';
import { takesText } from './text-bodies.ts';
import { tags, writerOf, type PricesParts } from './route-parts.ts';

const importMs = 5 * 60_000;

/** Price files. Their bodies stay texts, because a parser of JSON would make floats of the prices. */
export async function importRoutes(app: App, { platform: { store, config }, imports }: PricesParts): Promise<void> {
  app.get(
    '/api/prices/imports',
    {
      config: { permission: 'cost:read' },
      schema: { summary: 'The last imports with their reports', tags, response: { 200: ImportsSchema } },
    },
    async ({ caller }) => {
      const kept = await repository.listImports<ImportReport>(store, caller.scope.tenant);
      return kept.map(({ importedAt, ...rest }) => ({ ...rest, importedAt: importedAt.toISOString() }));
    },
  );
  await takesText(app, config.http.bodyLimitBytes, (scope) => {
    scope.post(
      '/api/prices/import',
      {
        config: { permission: 'prices:write', timeoutMs: importMs },
        schema: {
          summary: 'Import a price file, or preview what it would change',
          description:
            'The file as the body, as application/json or text/plain. The report lists every field that is not priced, with the reason. Prices that people wrote are never changed.',
          tags,
          querystring: ImportQuerySchema,
          response: { 200: ImportReportSchema },
        },
      },
      async (request) => imports.run(request.body as string, request.query, writerOf(request)),
    );
  });
}
