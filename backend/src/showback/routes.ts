import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { attachment } from '../focus-export/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import {
  DownloadBodySchema,
  DownloadQuerySchema,
  ExportOrderSchema,
  IdSchema,
  PreviewBodySchema,
  ReportSchema,
  SaveBodySchema,
  SavedReportSchema,
  SavedReportsSchema,
  type Definition,
  type Lang,
  type Report,
  type ReportFormat,
} from './contract.ts';
import type { ShowbackPorts } from './ports.ts';
import { reportFile, reportFileName, reportTypes, rowsOf } from './report-files.ts';
import type { ReportRuns } from './report-runs.ts';
import type { Reports } from './reports.ts';
import type { SavedReports } from './saved-reports.ts';
import { scheduleRoutes } from './schedule-routes.ts';

const tags = ['showback'];
const answerMs = 5 * 60_000;
/** Rows of the innermost level up to which a file is the answer itself; above it, the answer is the order of a file. */
const directRows = 5_000;
/** Rows of a level that a preview holds. */
const previewRows = 1_000;
const Bytes = Type.Unsafe<unknown>({ type: 'string', format: 'binary' });

export interface Parts {
  platform: Platform;
  ports: ShowbackPorts;
  reports: Reports;
  saved: SavedReports;
  runs: ReportRuns;
}

export function showbackRoutes(app: App, parts: Parts): void {
  previewRoutes(app, parts);
  downloadRoutes(app, parts);
  savedRoutes(app, parts);
  scheduleRoutes(app, parts);
}

function previewRoutes(app: App, { reports, saved }: Parts): void {
  app.post(
    '/api/showback/preview',
    {
      config: { permission: 'cost:read', timeoutMs: answerMs },
      schema: {
        tags,
        summary: 'A report, without saving it',
        description: `Each level adds up to the bills. At most ${previewRows} rows of a level are answered; rowCount says how many there are.`,
        body: PreviewBodySchema,
        response: { 200: ReportSchema },
      },
    },
    async ({ body, caller }) => previewOf(await reports.make(body.definition, caller.scope)),
  );
  app.get(
    '/api/showback/reports/:id/preview',
    {
      config: { permission: 'cost:read', timeoutMs: answerMs },
      schema: { tags, summary: 'A saved report', params: IdSchema, response: { 200: ReportSchema } },
    },
    async ({ params, caller }) => {
      const { definition } = await saved.get(params.id, caller.scope);
      return previewOf(await reports.make(definition, caller.scope));
    },
  );
}

function downloadRoutes(app: App, parts: Parts): void {
  const answers = { 200: Bytes, 202: ExportOrderSchema };
  const description = `More than ${directRows} rows are made in the background: the answer is 202 with the address of the file, which is kept for seven days.`;
  app.post(
    '/api/showback/download',
    {
      config: { permission: 'cost:read', timeoutMs: answerMs },
      schema: {
        tags,
        summary: 'A report as a file, without saving it',
        description,
        body: DownloadBodySchema,
        response: answers,
      },
    },
    async ({ body, caller }, reply) => {
      const { name = 'showback', definition, format, lang = 'en' } = body;
      return download(parts, reply, {
        caller,
        name,
        definition,
        format,
        lang,
        later: false,
        target: 'showback:unsaved',
      });
    },
  );
  app.get(
    '/api/showback/reports/:id/download',
    {
      config: { permission: 'cost:read', timeoutMs: answerMs },
      schema: {
        tags,
        summary: 'A saved report as a file: CSV, Excel or PDF',
        description,
        params: IdSchema,
        querystring: DownloadQuerySchema,
        response: answers,
      },
    },
    async ({ params, query, caller }, reply) => {
      const { name, definition } = await parts.saved.get(params.id, caller.scope);
      const { format, lang = 'en', async: later = false } = query;
      return download(parts, reply, { caller, name, definition, format, lang, later, target: `showback:${params.id}` });
    },
  );
}

interface Wanted {
  caller: Caller;
  name: string;
  definition: Definition;
  format: ReportFormat;
  lang: Lang;
  /** True: made in the background whatever its size. */
  later: boolean;
  target: string;
}

async function download({ platform, ports, reports }: Parts, reply: FastifyReply, wanted: Wanted) {
  const { caller, name, definition, format, lang } = wanted;
  const now = platform.clock.now();
  const report = await reports.make(definition, caller.scope, now);
  const fileName = reportFileName(name, report, format);
  const contentType = reportTypes[format];
  if (wanted.later || rowsOf(report) > directRows) {
    const request = { name, definition, format, lang, at: now.toISOString() };
    const file = await ports.files.order({ kind: 'showback', fileName, contentType, request, caller });
    return reply.code(202).header('location', `/api/exports/${file.id}`).send(file);
  }
  const { chunks } = await reportFile(report, name, format, lang);
  await platform.audit.record({
    tenant: caller.scope.tenant,
    actor: { id: caller.id, name: caller.name },
    action: 'showback.report_downloaded',
    target: wanted.target,
    after: { name, format, lang, rows: rowsOf(report), definition },
  });
  return reply
    .header('content-type', contentType)
    .header('content-disposition', attachment(fileName))
    .header('cache-control', 'no-store')
    .send(Readable.from(chunks, { objectMode: false }));
}

function savedRoutes(app: App, { saved }: Parts): void {
  app.get(
    '/api/showback/reports',
    {
      config: { permission: 'cost:read' },
      schema: { tags, summary: 'Saved reports by name', response: { 200: SavedReportsSchema } },
    },
    async ({ caller }) => ({ reports: await saved.list(caller.scope) }),
  );
  app.post(
    '/api/showback/reports',
    {
      config: { permission: 'reports:write' },
      schema: { tags, summary: 'Save a report', body: SaveBodySchema, response: { 201: SavedReportSchema } },
    },
    async ({ body, caller }, reply) => reply.code(201).send(await saved.create(body, caller)),
  );
  app.get(
    '/api/showback/reports/:id',
    {
      config: { permission: 'cost:read' },
      schema: { tags, summary: 'A saved report’s definition', params: IdSchema, response: { 200: SavedReportSchema } },
    },
    async ({ params, caller }) => saved.get(params.id, caller.scope),
  );
  app.put(
    '/api/showback/reports/:id',
    {
      config: { permission: 'reports:write' },
      schema: {
        tags,
        summary: 'Change a saved report',
        params: IdSchema,
        body: SaveBodySchema,
        response: { 200: SavedReportSchema },
      },
    },
    async ({ params, body, caller }) => saved.update(params.id, body, caller),
  );
  app.delete(
    '/api/showback/reports/:id',
    {
      config: { permission: 'reports:write' },
      schema: {
        tags,
        summary: 'Delete a saved report with its schedules',
        params: IdSchema,
        response: { 204: Type.Null() },
      },
    },
    async ({ params, caller }, reply) => {
      await saved.remove(params.id, caller);
      return reply.code(204).send(null);
    },
  );
}

function previewOf(report: Report): Report {
  return {
    ...report,
    levels: report.levels.map((level) => ({ ...level, rows: level.rows.slice(0, previewRows) })),
  };
}
