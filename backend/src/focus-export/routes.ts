import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { selectionOf } from '../cost/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Platform } from '../platform/platform.ts';
import {
  ExportFileSchema,
  ExportFilesSchema,
  ExportIdSchema,
  FocusExportQuerySchema,
  LinesExportQuerySchema,
} from './contract.ts';
import { attachment } from './export-file.ts';
import type { ExportFiles } from './export-files.ts';
import { focusBytes, focusTypes, planFocus } from './focus-exports.ts';
import { countLines, lineBytes, lineRows, lineTypes } from './line-exports.ts';

const tags = ['export'];
const answerMs = 15 * 60_000;
/** Rows up to which a file is the answer itself; above it, the answer is the order of a file. */
export const directRows = 200_000;
const Bytes = Type.Unsafe<unknown>({ type: 'string', format: 'binary' });

/** Downloads of the lines of the bills. */
export function exportRoutes(app: App, platform: Platform, files: ExportFiles): void {
  focusRoute(app, platform, files);
  linesRoute(app, platform, files);
  fileRoutes(app, files);
}

function focusRoute(app: App, platform: Platform, files: ExportFiles): void {
  app.get(
    '/api/export/focus',
    {
      config: { permission: 'cost:read', timeoutMs: answerMs },
      schema: {
        tags,
        summary: 'Lines of the bills as a FOCUS data set (1.4 or 1.2; CSV, gzip-compressed CSV or Parquet)',
        description: `Costs as they were billed; where a bill lacks what the standard demands, the nearest value that it has stands in (docs/focus-export.md). Texts are not altered. What FOCUS has no column for stands in x_ columns. More than ${directRows} rows are made in the background: the answer is 202 with the address of the file.`,
        querystring: FocusExportQuerySchema,
        response: { 200: Bytes, 202: ExportFileSchema },
      },
    },
    async (request, reply) => {
      const { version = '1.4', format = 'csv', async: later = false, ...asked } = request.query;
      const selection = selectionOf(asked, platform.clock.now());
      const { scope } = request.caller;
      const plan = await planFocus(platform.warehouse, { version, format, selection }, scope, request.signal);
      const fileName = `focus-${version}-${spanName(selection)}.${format}`;
      const order = {
        kind: 'focus',
        fileName,
        contentType: focusTypes[format],
        request: { version, format, selection },
      };
      if (later || plan.rows > directRows) return sendOrder(reply, files, { ...order, caller: request.caller });
      await auditAnswer(platform, request, { ...order, rows: plan.rows });
      return sendFile(reply, order, await focusBytes(platform.warehouse, plan, scope, request.signal));
    },
  );
}

function linesRoute(app: App, platform: Platform, files: ExportFiles): void {
  app.get(
    '/api/export/lines',
    {
      config: { permission: 'cost:read', timeoutMs: answerMs },
      schema: {
        tags,
        summary: 'Lines of the bills for a spreadsheet (CSV or Excel)',
        description: `Numbers and dates are typed in Excel; texts that a spreadsheet would run as a formula are guarded. More than ${directRows} rows are made in the background: the answer is 202 with the address of the file.`,
        querystring: LinesExportQuerySchema,
        response: { 200: Bytes, 202: ExportFileSchema },
      },
    },
    async (request, reply) => {
      const { format = 'csv', async: later = false, ...asked } = request.query;
      const selection = selectionOf(asked, platform.clock.now());
      const { scope } = request.caller;
      const { rows, drops } = await countLines(platform.warehouse, selection, scope, request.signal);
      const fileName = `lines-${spanName(selection)}.${format}`;
      const order = { kind: 'lines', fileName, contentType: lineTypes[format], request: { format, selection } };
      if (later || rows > directRows) return sendOrder(reply, files, { ...order, caller: request.caller });
      await auditAnswer(platform, request, { ...order, rows });
      const found = lineRows(platform.warehouse, selection, drops, scope, request.signal);
      return sendFile(reply, order, Readable.from(lineBytes(format, found), { objectMode: false }));
    },
  );
}

function fileRoutes(app: App, files: ExportFiles): void {
  app.get(
    '/api/exports',
    {
      config: { permission: 'cost:read' },
      schema: { tags, summary: 'Files that you have ordered, newest first', response: { 200: ExportFilesSchema } },
    },
    async ({ caller }) => ({ files: await files.list(caller) }),
  );
  app.get(
    '/api/exports/:id',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Whether an ordered file is ready',
        params: ExportIdSchema,
        response: { 200: ExportFileSchema },
      },
    },
    async ({ params, caller }) => files.find(params.id, caller.scope),
  );
  app.get(
    '/api/exports/:id/file',
    {
      config: { permission: 'cost:read', timeoutMs: answerMs },
      schema: {
        tags,
        summary: 'An ordered file',
        description: 'For whoever may see at least as much as the person who ordered it. Kept for seven days.',
        params: ExportIdSchema,
        response: { 200: Bytes },
      },
    },
    async ({ params, caller }, reply) => {
      const { file, bytes } = await files.open(params.id, caller);
      if (file.bytes !== undefined) reply.header('content-length', file.bytes);
      return sendFile(reply, file, bytes);
    },
  );
}

async function sendOrder(reply: FastifyReply, files: ExportFiles, order: Parameters<ExportFiles['order']>[0]) {
  const file = await files.order(order);
  return reply.code(202).header('location', `/api/exports/${file.id}`).send(file);
}

function sendFile(reply: FastifyReply, file: { fileName: string; contentType: string }, bytes: Readable): FastifyReply {
  return reply
    .header('content-type', file.contentType)
    .header('content-disposition', attachment(file.fileName))
    .header('cache-control', 'no-store')
    .send(bytes);
}

function auditAnswer(
  { audit }: Platform,
  { caller }: Pick<FastifyRequest, 'caller'>,
  answered: { kind: string; fileName: string; request: unknown; rows: number },
): Promise<void> {
  const { kind, fileName, request, rows } = answered;
  return audit.record({
    tenant: caller.scope.tenant,
    actor: { id: caller.id, name: caller.name },
    action: 'export.downloaded',
    target: `export:${kind}`,
    after: { kind, fileName, rows, request },
  });
}

function spanName({ from, to }: { from: number; to: number }): string {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return `${day(from)}-to-${day(to - 1)}`;
}
