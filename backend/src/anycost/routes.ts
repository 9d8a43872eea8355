import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { endpoints, type ConnectorList, type Endpoint } from './connector-list.ts';
import type { Connector } from './connector.ts';
import {
  AcceptedSchema,
  IngestJobSchema,
  IngestQuerySchema,
  JobListQuerySchema,
  JobListSchema,
  JobParamsSchema,
  ReloadBodySchema,
  ReloadedSchema,
  SendQuerySchema,
  type SendQuery,
} from './contract.ts';
import { focusConnector } from './focus-connector.ts';
import { ingestIdOf } from './ingest-repository.ts';
import type { Ingestion } from './ingestion.ts';
import type { IncomingFile } from './reception.ts';
import type { SourceBook } from './source-book.ts';

const rawTypes = [
  'text/csv',
  'text/plain',
  'application/csv',
  'application/gzip',
  'application/x-gzip',
  'application/vnd.apache.parquet',
  'application/octet-stream',
];
const jsonTypes = ['application/json', 'application/x-ndjson', 'application/ndjson', 'application/jsonl'];
const uploadMs = 60 * 60_000;
const shownFindings = 1_000;
const maxParts = 200;
const summaries: Record<Endpoint, string> = {
  'cloud-usage': 'Send bills and usage of clouds (FOCUS, AWS, Azure, Google Cloud, Oracle, CBF)',
  prometheus: 'Send what Prometheus measured of clusters and GPUs',
  slurm: 'Send accounting of Slurm (sacct, slurmrestd)',
  'llm-metrics': 'Send usage of language models (exports, logs, metrics)',
};
const howToSend =
  'The files as the body (CSV, JSON, NDJSON, Parquet, each perhaps packed with gzip) or as the files of a multipart form, which are then one drop. They replace what the same source sent for the months in them. Resending equal bytes changes nothing. The header Idempotency-Key makes a repeated request return the first job. Lines that cannot be used are quarantined; the job tells which and why.';

export interface IngestRouteParts {
  ingestion: Ingestion;
  connectors: ConnectorList;
  book: SourceBook;
  uploadLimitBytes: number;
}

/** Receiving files, and what became of them. */
export async function ingestRoutes(app: App, parts: IngestRouteParts): Promise<void> {
  await app.register(async (scope) => uploadRoutes(scope as App, parts));
  jobRoutes(app, parts.ingestion);
}

async function uploadRoutes(app: App, parts: IngestRouteParts): Promise<void> {
  const { connectors, uploadLimitBytes } = parts;
  // One byte more than is allowed, so that the lake sees that a file is too long and not a file that was cut.
  await app.register(multipart, {
    limits: { files: maxParts, fields: 10, fileSize: uploadLimitBytes + 1 },
    throwFileSizeLimit: false,
  });
  app.removeContentTypeParser('application/json');
  // The body stays a stream: it goes to the lake piece by piece, whatever its size.
  app.addContentTypeParser([...rawTypes, ...jsonTypes], { bodyLimit: uploadLimitBytes }, (_request, payload, done) =>
    done(null, payload),
  );
  // What is none of them, as what curl calls a file by itself, is left unread; filesOf says what to send.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
  declareUpload(app, parts, {
    path: '/api/ingest/focus',
    summary: 'Send a FOCUS bill (1.0 to 1.4; CSV, gzip-compressed CSV, JSON or Parquet)',
    querystring: IngestQuerySchema,
    connector: async () => focusConnector,
  });
  for (const endpoint of endpoints)
    declareUpload(app, parts, {
      path: `/api/ingest/${endpoint}`,
      summary: summaries[endpoint],
      querystring: SendQuerySchema,
      connector: async ({ connector, source }, tenant) => {
        const declared = source === undefined ? undefined : await parts.book.find(tenant, source);
        return connectors.sentTo(endpoint, connector ?? declared?.connector);
      },
    });
}

interface Upload {
  path: string;
  summary: string;
  querystring: typeof IngestQuerySchema | typeof SendQuerySchema;
  connector(query: SendQuery, tenant: string): Promise<Connector>;
}

function declareUpload(app: App, parts: IngestRouteParts, { path, summary, querystring, connector }: Upload): void {
  app.post(
    path,
    {
      bodyLimit: parts.uploadLimitBytes,
      config: { permission: 'ingest:write', timeoutMs: uploadMs },
      schema: { summary, description: howToSend, tags: ['ingest'], querystring, response: { 202: AcceptedSchema } },
    },
    async (request, reply) => {
      const query = request.query as SendQuery;
      const { scope, id } = request.caller;
      const declared = query.source === undefined ? undefined : await parts.book.find(scope.tenant, query.source);
      const region = query.region ?? declared?.region ?? defaultRegion(scope);
      if (!mayUse(scope, region)) throw new AppError('FORBIDDEN', `You may not send bills of the region ${region}.`);
      const kind = await connector(query, scope.tenant);
      checkDeclared(declared, { kind: kind.kind, region });
      const key = request.headers['idempotency-key'];
      const { source, period } = query;
      const accepted = await parts.ingestion.receive(filesOf(request), {
        place: { tenant: scope.tenant, region, ...(source ? { source } : {}), ...(period ? { period } : {}) },
        connector: kind,
        receivedBy: id,
        ...(typeof key === 'string' && key !== '' ? { idempotencyKey: key } : {}),
        signal: request.signal,
      });
      return reply.code(202).send(accepted);
    },
  );
}

/** A declared source has one kind and one region; a file of another would replace what it is not. */
function checkDeclared(
  declared: { name: string; connector: string; region: string } | undefined,
  { kind, region }: { kind: string; region: string },
): void {
  if (declared === undefined) return;
  if (declared.connector !== kind)
    throw new AppError('CONFLICT', `The source ${declared.name} is declared as ${declared.connector}, not as ${kind}.`);
  if (declared.region !== region)
    throw new AppError(
      'CONFLICT',
      `The source ${declared.name} belongs to the region ${declared.region}, not to ${region}.`,
    );
}

function jobRoutes(app: App, ingestion: Ingestion): void {
  app.get(
    '/api/ingest/jobs/:id',
    {
      config: { permission: 'sources:read' },
      schema: {
        summary: 'What became of a file: counts, and the lines that were left out with line, column and reason',
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
    '/api/ingest/jobs',
    {
      config: { permission: 'sources:read' },
      schema: {
        summary: 'The latest files that came, newest first',
        tags: ['ingest'],
        querystring: JobListQuerySchema,
        response: { 200: JobListSchema },
      },
    },
    async ({ query, caller }) => {
      if (query.before !== undefined && ingestIdOf(query.before) === undefined)
        throw new AppError('BAD_REQUEST', '`before` is the jobId of the last job that is known.');
      const { tenant, regions } = caller.scope;
      return ingestion.reports({ ...query, tenant, regions, limit: query.limit ?? 50 });
    },
  );
  app.post(
    '/api/ingest/reload',
    {
      config: { permission: 'sources:write' },
      schema: {
        summary: 'Load again from the lake what counts now, e.g. after the tag rules changed',
        tags: ['ingest'],
        body: ReloadBodySchema,
        response: { 202: ReloadedSchema },
      },
    },
    async ({ body, caller }, reply) => {
      const { tenant, regions } = caller.scope;
      if (regions !== 'all')
        throw new AppError('FORBIDDEN', 'Only who sees every region may have all of them loaded again.');
      return reply.code(202).send(await ingestion.reload({ tenant, ...body }, caller));
    },
  );
}

/** The files of a request, one after the other. */
async function* filesOf(request: FastifyRequest): AsyncGenerator<IncomingFile> {
  if (request.isMultipart()) {
    let files = 0;
    for await (const part of request.files()) {
      files += 1;
      yield { stream: part.file, fileName: part.filename, ...hintOf(part.mimetype, part.filename) };
    }
    if (files === 0)
      throw new AppError('BAD_REQUEST', 'The form holds no file.', { help: 'Add the bill as a file field.' });
    return;
  }
  if (!isStream(request.body))
    throw new AppError(
      'UNSUPPORTED_FORMAT',
      `Send the bill as ${[...rawTypes, ...jsonTypes].join(', ')} or as multipart/form-data.`,
    );
  const fileName = nameIn(request.headers['content-disposition']);
  yield { stream: request.body, fileName, ...hintOf(request.headers['content-type'] ?? '', fileName) };
}

function hintOf(type: string, fileName: string): { hint?: 'json' | 'ndjson' } {
  if (/ndjson|jsonl/i.test(type) || /\.(ndjson|jsonl)(\.gz)?$/i.test(fileName)) return { hint: 'ndjson' };
  return /^application\/json\b/i.test(type) ? { hint: 'json' } : {};
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

export function mayUse({ regions }: Pick<Scope, 'regions'>, region: string): boolean {
  return regions === 'all' || regions.includes(region);
}
