import Type from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { ConnectorList } from './connector-list.ts';
import {
  ConnectorsSchema,
  ProbeBodySchema,
  ProbeSchema,
  SourceBodySchema,
  SourceParamsSchema,
  SourceSchema,
  SourceViewSchema,
  type Source,
} from './contract.ts';
import { mayUse } from './routes.ts';
import type { SourceBook } from './source-book.ts';
import type { SourceList } from './source-list.ts';
import type { DeclaredSource } from './source-repository.ts';

const tags = ['sources'];

export interface SourceRouteParts {
  connectors: ConnectorList;
  book: SourceBook;
  list: SourceList;
}

/** Sources: what there is and how it does, and their declaration. */
export function sourceRoutes(app: App, { connectors, book, list }: SourceRouteParts): void {
  app.get(
    '/api/connectors',
    {
      config: { permission: 'sources:read' },
      schema: { summary: 'Kinds of sources with their settings', tags, response: { 200: ConnectorsSchema } },
    },
    async () =>
      connectors.all().map((connector) => ({
        kind: connector.kind,
        title: connector.title,
        endpoint: connector.endpoint,
        fetches: connector.discover !== undefined && connector.pull !== undefined,
        probes: connector.health !== undefined,
        settings: connector.settings,
      })),
  );
  app.get(
    '/api/sources',
    {
      config: { permission: 'sources:read' },
      schema: {
        summary: 'Sources with age, health and quarantine: declared ones, and those that sent something',
        tags,
        response: { 200: Type.Array(SourceSchema) },
      },
    },
    async ({ caller }) => list.all(caller.scope),
  );
  app.get(
    '/api/sources/:name',
    {
      config: { permission: 'sources:read' },
      schema: { summary: 'One declared source', tags, params: SourceParamsSchema, response: { 200: SourceViewSchema } },
    },
    async ({ params, caller }) => view(await mine(book, params.name, caller.scope), await list.all(caller.scope)),
  );
  declareChanges(app, book, list);
}

function declareChanges(app: App, book: SourceBook, list: SourceList): void {
  const config = { permission: 'sources:write' } as const;
  app.put(
    '/api/sources/:name',
    {
      config,
      schema: {
        summary: 'Declare a source or change it',
        description: 'Another kind, region or other settings make the service fetch from the beginning.',
        tags,
        params: SourceParamsSchema,
        body: SourceBodySchema,
        response: { 200: SourceViewSchema },
      },
    },
    async ({ params, body, caller }) => {
      const before = await book.find(caller.scope.tenant, params.name);
      for (const region of [body.region ?? before?.region ?? 'default', ...(before ? [before.region] : [])])
        if (!mayUse(caller.scope, region))
          throw new AppError('FORBIDDEN', `You may not declare sources of the region ${region}.`);
      return view(await book.save(params.name, body, caller), await list.all(caller.scope));
    },
  );
  app.delete(
    '/api/sources/:name',
    {
      config,
      schema: {
        summary: 'Remove the declaration of a source; what it sent stays',
        tags,
        params: SourceParamsSchema,
        response: { 204: Type.Null() },
      },
    },
    async ({ params, caller }, reply) => {
      await mine(book, params.name, caller.scope);
      await book.remove(params.name, caller);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/api/sources/:name/test',
    {
      config,
      schema: {
        summary: 'Ask the source whether it can be reached, as declared or with the settings of the body',
        tags,
        params: SourceParamsSchema,
        body: ProbeBodySchema,
        response: { 200: ProbeSchema },
      },
    },
    async ({ params: { name }, body, caller }) => {
      const declared = await book.find(caller.scope.tenant, name);
      const kind = body.kind ?? declared?.connector;
      const region = body.region ?? declared?.region ?? 'default';
      if (kind === undefined || !mayUse(caller.scope, region))
        throw new AppError('NOT_FOUND', `There is no source ${name}.`, { help: 'Name kind and settings in the body.' });
      const settings = body.settings ?? declared?.settings ?? {};
      return book.probe({ name, kind, region, settings }, caller.scope.tenant);
    },
  );
  app.post(
    '/api/sources/:name/run',
    {
      config,
      schema: {
        summary: 'Fetch what is new now',
        tags,
        params: SourceParamsSchema,
        response: { 202: Type.Object({ accepted: Type.Boolean() }) },
      },
    },
    async ({ params, caller }, reply) => {
      await mine(book, params.name, caller.scope);
      await book.runSoon(params.name, caller);
      return reply.code(202).send({ accepted: true });
    },
  );
}

/** @throws AppError NOT_FOUND where the caller sees no such source */
async function mine(book: SourceBook, name: string, scope: Scope): Promise<DeclaredSource> {
  const source = await book.find(scope.tenant, name);
  if (source && mayUse(scope, source.region)) return source;
  throw new AppError('NOT_FOUND', `There is no source ${name}.`);
}

function view(declared: DeclaredSource, listed: readonly Source[]) {
  const source = listed.find((one) => one.source === declared.name && one.region === declared.region);
  if (source === undefined) throw new AppError('NOT_FOUND', `There is no source ${declared.name}.`);
  return { ...source, enabled: declared.enabled, settings: declared.settings };
}
