import { Readable } from 'node:stream';
import Type from 'typebox';
import type { AuditEntry, AuditLog } from '../platform/audit/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { AuditPageSchema, AuditQuerySchema, type AuditPage } from './contract.ts';

const config = { permission: 'audit:read' } as const;
const tags = ['access'];
const exportTimeoutMs = 30 * 60_000;

/** The audit log of the caller's tenant: page by page, and whole for the offline verifier. */
export function auditRoutes(app: App, audit: AuditLog): void {
  app.get(
    '/api/audit/logs',
    {
      config,
      schema: {
        summary: 'Read the audit log, newest first',
        tags,
        querystring: AuditQuerySchema,
        response: { 200: AuditPageSchema },
      },
    },
    async (request): Promise<AuditPage> => {
      refuseLimited(request.caller.scope);
      const { cursor, limit, from, to, action, target, actor } = request.query;
      const entries = await audit.list({
        tenant: request.caller.scope.tenant,
        limit: limit + 1,
        ...(action === undefined ? {} : { action }),
        ...(target === undefined ? {} : { target }),
        ...(actor === undefined ? {} : { actor }),
        ...(from === undefined ? {} : { from: new Date(from) }),
        ...(to === undefined ? {} : { to: new Date(to) }),
        ...(cursor === undefined ? {} : { before: cursor }),
      });
      const page = entries.slice(0, limit);
      return { entries: page, ...(entries.length > limit ? { nextCursor: page.at(-1)!.sequence } : {}) };
    },
  );
  app.get(
    '/api/audit/logs/export',
    {
      config: { ...config, timeoutMs: exportTimeoutMs },
      schema: {
        summary: 'Download the whole audit log as NDJSON, oldest first',
        description: 'What `audit verify` checks against the signed checkpoints. The download is itself recorded.',
        tags,
        produces: ['application/x-ndjson'],
        response: { 200: Type.Unsafe<Readable>({ type: 'string', examples: ['{"sequence":1,"action":"..."}\n'] }) },
      },
    },
    async (request, reply) => {
      const { caller, traceId } = request;
      refuseLimited(caller.scope);
      const { tenant } = caller.scope;
      const actor = { id: caller.id, name: caller.name };
      await audit.record({ tenant, actor, action: 'audit.exported', target: `tenant:${tenant}`, traceId });
      void reply.type('application/x-ndjson; charset=utf-8');
      void reply.header('content-disposition', `attachment; filename="audit-${tenant}.ndjson"`);
      return reply.send(Readable.from(ndjson(audit.entries(tenant, request.signal))));
    },
  );
}

async function* ndjson(entries: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}

/** The log names sources, teams and budgets of the whole tenant, and a chain of which entries are missing proves nothing. */
function refuseLimited({ regions, teams, products }: Scope): void {
  if (regions === 'all' && teams === 'all' && products === 'all') return;
  throw new AppError('FORBIDDEN', 'The audit log is about all teams, products and regions, and you see only a part.', {
    help: 'Ask somebody who sees all of them.',
  });
}
