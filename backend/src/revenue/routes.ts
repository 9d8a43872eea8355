import multipart from '@fastify/multipart';
import { Readable } from 'node:stream';
import Type from 'typebox';
import Value from 'typebox/value';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import {
  RevenueAnswerSchema,
  RevenueBodySchema,
  RevenuePeriodSchema,
  RevenuePeriodsSchema,
  type RevenueLine,
} from './contract.ts';
import type { ProvisionedRevenue } from './provisioned-revenue.ts';
import { keeper, type RevenueBook } from './revenue-book.ts';
import { readRevenueFile } from './revenue-file.ts';

const tags = ['unit economics'];
const maxBytes = 32 * 1024 * 1024;

/** Revenue per customer: import, what is there, removal. */
export async function revenueRoutes(
  app: App,
  book: RevenueBook,
  files: Pick<ProvisionedRevenue, 'problems'>,
): Promise<void> {
  await app.register(multipart, { limits: { files: 1, fields: 0, fileSize: maxBytes } });
  app.addContentTypeParser(['text/csv'], { bodyLimit: maxBytes }, (_request, payload, done) => done(null, payload));
  app.post(
    '/api/revenue',
    {
      bodyLimit: maxBytes,
      config: { permission: 'reports:write' },
      schema: {
        tags,
        summary: 'Send revenue per customer: CSV as the body or as the file of a form, or JSON',
        description:
          'CSV with the header customer,month,amount,currency or customer,from,to,amount,currency; JSON as {"lines":[...]} with the same fields. What is sent replaces all that stood for its periods; a line that is wrong makes the whole be refused, with all such lines.',
        response: { 200: RevenueAnswerSchema },
      },
    },
    async (request) => book.keep(await linesOf(request), request.caller),
  );
  app.get(
    '/api/revenue',
    {
      config: { permission: 'cost:read' },
      schema: { tags, summary: 'Periods with revenue, the newest first', response: { 200: RevenuePeriodsSchema } },
    },
    async ({ caller }) => {
      const { teams, products, regions } = caller.scope;
      if (teams !== 'all' || products !== 'all' || regions !== 'all') return { periods: [], problems: [] };
      const rows = await book.periods(caller.scope.tenant);
      const periods = rows.map((row) => ({
        ...row,
        importedBy: row.importedBy === keeper ? 'Configuration' : row.importedBy,
        importedAt: row.importedAt.toISOString(),
        provisioned: row.importedBy === keeper,
      }));
      return { periods, problems: caller.scope.tenant === 'default' ? [...files.problems] : [] };
    },
  );
  app.delete(
    '/api/revenue',
    {
      config: { permission: 'reports:write' },
      schema: { tags, summary: 'Remove a period', querystring: RevenuePeriodSchema, response: { 204: Type.Null() } },
    },
    async ({ query, caller }, reply) => {
      await book.remove(query, caller);
      return reply.code(204).send(null);
    },
  );
}

async function linesOf(request: FastifyRequest): Promise<{ line: number; fields: RevenueLine }[]> {
  if (request.isMultipart()) {
    const part = await request.file();
    if (part === undefined) throw new AppError('BAD_REQUEST', 'The form holds no file.');
    return readRevenueFile(part.file);
  }
  if (request.body instanceof Readable) return readRevenueFile(request.body);
  const { lines } = checkedBody(request.body);
  return lines.map((fields, place) => ({ line: place + 1, fields }));
}

function checkedBody(body: unknown): { lines: RevenueLine[] } {
  if (Value.Check(RevenueBodySchema, body)) return body;
  const first = Value.Errors(RevenueBodySchema, body)[0];
  throw new AppError(
    'VALIDATION_FAILED',
    `The body is not {"lines":[{"customer","month","amount","currency"}]}: ${first?.instancePath ?? ''} ${first?.message ?? ''}`.trim(),
  );
}
