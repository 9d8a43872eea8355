import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import Type from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { AcceptedSchema, IngestJobSchema, IngestQuerySchema, JobParamsSchema, SourceSchema } from './contract.ts';
import type { Ingestion } from './ingestion.ts';

const rawTypes = [
  'text/csv',
  'text/plain',
  'application/csv',
  'application/gzip',
  'application/x-gzip',
  'application/vnd.apache.parquet',
  'application/octet-stream',
];
const uploadMs = 60 * 60_000;
const shownFindings = 1_000;

/** Receiving bills, and what became of them. */
export async function anycostRoutes(app: App, ingestion: Ingestion, uploadLimitBytes: number): Promise<void> {
  // One byte more than is allowed, so that the lake sees that a file is too long and not a file that was cut.
  await app.register(multipart, {
    limits: { files: 1, fields: 10, fileSize: uploadLimitBytes + 1 },
    throwFileSizeLimit: false,
  });
  // The body stays a stream: it goes to the lake piece by piece, whatever its size.
  app.addContentTypeParser(rawTypes, { bodyLimit: uploadLimitBytes }, (_request, payload, done) => done(null, payload));
  declareUpload(app, ingestion, uploadLimitBytes);

  app.get(
    '/api/ingest/jobs/:id',
    {
      config: { permission: 'sources:read' },
      schema: {
        summary: 'What became of a bill: counts, and the lines that were left out with line, column and reason',
        tags: ['ingest'],
        params: JobParamsSchema,
        response: { 200: IngestJobSchema },
      },
    },
    async ({ params, caller }) => {
      const report = await ingestion.report(params.id, caller.scope.tenant, shownFindings);
      if (report && mayUse(caller.scope, report.region)) return report;
      throw new AppError('NOT_FOUND', 'There is no such ingest job.');
    },
  );

  app.get(
    '/api/sources',
    {
      config: { permission: 'sources:read' },
      schema: {
        summary: 'Sources of bills with their age',
        tags: ['ingest'],
        response: { 200: Type.Array(SourceSchema) },
      },
    },
    async ({ caller }) => ingestion.sources(caller.scope.tenant, caller.scope.regions),
  );
}

function declareUpload(app: App, ingestion: Ingestion, uploadLimitBytes: number): void {
  app.post(
    '/api/ingest/focus',
    {
      bodyLimit: uploadLimitBytes,
      config: { permission: 'ingest:write', timeoutMs: uploadMs },
      schema: {
        summary: 'Send a FOCUS bill (1.0 to 1.2; CSV, gzip-compressed CSV or Parquet)',
        description:
          'The file as the body, or as the file of a multipart form. It replaces what the same source sent for the months in it. Resending equal bytes changes nothing. The header Idempotency-Key makes a repeated request return the first job.',
        tags: ['ingest'],
        querystring: IngestQuerySchema,
        response: { 202: AcceptedSchema },
      },
    },
    async (request, reply) => {
      const { source, period, region = defaultRegion(request.caller.scope) } = request.query;
      if (!mayUse(request.caller.scope, region))
        throw new AppError('FORBIDDEN', `You may not send bills of the region ${region}.`);
      const { stream, fileName } = await bodyOf(request);
      const key = request.headers['idempotency-key'];
      const accepted = await ingestion.receive(stream, {
        place: {
          tenant: request.caller.scope.tenant,
          region,
          ...(source ? { source } : {}),
          ...(period ? { period } : {}),
        },
        fileName,
        receivedBy: request.caller.id,
        ...(typeof key === 'string' && key !== '' ? { idempotencyKey: key } : {}),
        signal: request.signal,
      });
      return reply.code(202).send(accepted);
    },
  );
}

async function bodyOf(request: FastifyRequest): Promise<{ stream: Readable; fileName: string }> {
  if (request.isMultipart()) {
    const part = await request.file();
    if (part === undefined)
      throw new AppError('BAD_REQUEST', 'The form holds no file.', { help: 'Add the bill as a file field.' });
    return { stream: part.file, fileName: part.filename };
  }
  if (!isStream(request.body))
    throw new AppError('UNSUPPORTED_FORMAT', `Send the bill as ${rawTypes.join(', ')} or as multipart/form-data.`);
  return { stream: request.body, fileName: nameIn(request.headers['content-disposition']) };
}

function isStream(body: unknown): body is Readable {
  return typeof body === 'object' && body !== null && 'pipe' in body;
}

/** `attachment; filename="bill.csv"` → `bill.csv`; empty where there is none. */
function nameIn(disposition: string | undefined): string {
  return /filename="([^"]{1,255})"/i.exec(disposition ?? '')?.[1] ?? '';
}

function defaultRegion({ regions }: Scope): string {
  return regions !== 'all' && regions.length === 1 ? regions[0]! : 'default';
}

function mayUse({ regions }: Scope, region: string): boolean {
  return regions === 'all' || regions.includes(region);
}
