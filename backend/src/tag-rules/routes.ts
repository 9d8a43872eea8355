import type { FastifyRequest } from 'fastify';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import {
  PreviewRequestSchema,
  PreviewSchema,
  QualityQuerySchema,
  QualitySchema,
  SavedSchema,
  SaveTagRulesSchema,
  TagRulesSchema,
  VersionDetailSchema,
  VersionParamsSchema,
  VersionsQuerySchema,
  VersionsSchema,
} from './contract.ts';
import type { Actor, RuleBook } from './rule-book.ts';
import type { TagRuleDesk } from './tag-rule-desk.ts';
import { findVersion, listVersions, type VersionRow } from './tag-rule-repository.ts';

const tags = ['tag-rules'];
const defaultVersions = 20;

/** Rules of tags, their preview and the quality of tags over HTTP. */
export function tagRuleRoutes(app: App, parts: { book: RuleBook; desk: TagRuleDesk; store: Store }): void {
  ruleRoutes(app, parts);
  versionRoutes(app, parts.store);
  app.get(
    '/api/quality',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags: ['quality'],
        summary: 'Missing and wrong tags by money, per team and source, and lines that could not be used',
        querystring: QualityQuerySchema,
        response: { 200: QualitySchema },
      },
    },
    async ({ query, caller, signal }) => parts.desk.quality(query, caller.scope, signal),
  );
}

function ruleRoutes(app: App, { book, desk }: { book: RuleBook; desk: TagRuleDesk }): void {
  app.get(
    '/api/tag-rules',
    {
      config: { permission: 'cost:read' },
      schema: { tags, summary: 'The rules that are in force', response: { 200: TagRulesSchema } },
    },
    async ({ caller }) => book.read(caller.scope.tenant),
  );
  app.put(
    '/api/tag-rules',
    {
      config: { permission: 'tags:write' },
      schema: {
        tags,
        summary: 'Save a new version of the rules; the bills that it touches are read again',
        body: SaveTagRulesSchema,
        response: { 200: SavedSchema },
      },
    },
    async (request) => {
      const { rules, version, reason } = request.body;
      refuseLimited(request.caller.scope);
      return book.save(rules, version, reason, actorOf(request));
    },
  );
  app.post(
    '/api/tag-rules/preview',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'What a draft would make of the bills that are there; saves nothing',
        body: PreviewRequestSchema,
        response: { 200: PreviewSchema },
      },
    },
    async ({ body: { rules, ...asked }, caller, signal }) => desk.preview(rules, asked, caller.scope, signal),
  );
}

function versionRoutes(app: App, store: Store): void {
  app.get(
    '/api/tag-rules/versions',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Versions of the rules with what each changed, newest first',
        querystring: VersionsQuerySchema,
        response: { 200: VersionsSchema },
      },
    },
    async ({ query, caller }) => {
      const limit = query.limit ?? defaultVersions;
      const rows = await listVersions(store, caller.scope.tenant, query.before, limit + 1);
      const last = rows[limit - 1];
      return {
        versions: rows.slice(0, limit).map(versionView),
        ...(rows.length > limit && last ? { next: last.version } : {}),
      };
    },
  );
  app.get(
    '/api/tag-rules/versions/:version',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'One version of the rules',
        params: VersionParamsSchema,
        response: { 200: VersionDetailSchema },
      },
    },
    async ({ params, caller }) => {
      const row = await findVersion(store, caller.scope.tenant, params.version);
      if (!row) throw new AppError('NOT_FOUND', `There is no version ${params.version} of the rules.`);
      return { ...versionView(row), rules: row.rules };
    },
  );
}

/** Rules hold for every row of the tenant; who sees a part of them cannot judge what they do. */
function refuseLimited({ regions, teams, products }: Scope): void {
  if (regions === 'all' && teams === 'all' && products === 'all') return;
  throw new AppError('FORBIDDEN', 'Rules hold for all teams, products and regions, and you see only a part.', {
    help: 'Ask somebody who sees all of them to save the draft.',
  });
}

function versionView({ version, at, by, reason, diff }: VersionRow) {
  return { version, at: at.toISOString(), by, reason, diff };
}

function actorOf({ caller, traceId }: Pick<FastifyRequest, 'caller' | 'traceId'>): Actor {
  return { id: caller.id, name: caller.name, scope: caller.scope, traceId };
}
