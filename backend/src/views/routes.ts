import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { App } from '../platform/http/index.ts';
import {
  CreateViewSchema,
  UpdateViewSchema,
  ViewIdSchema,
  ViewSchema,
  ViewsQuerySchema,
  ViewsSchema,
} from './contract.ts';
import { mayShare, type Actor, type ViewBook } from './view-book.ts';

const tags = ['views'];

/** Saved views over HTTP. Who may read may keep views of one's own; sharing them needs more. */
export function viewRoutes(app: App, book: ViewBook): void {
  readRoutes(app, book);
  writeRoutes(app, book);
}

function readRoutes(app: App, book: ViewBook): void {
  app.get(
    '/api/views',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Saved views of the caller and shared ones, by name',
        querystring: ViewsQuerySchema,
        response: { 200: ViewsSchema },
      },
    },
    async ({ query, caller }) => ({ views: await book.list(caller, query.page), mayShare: mayShare(caller) }),
  );
  app.get(
    '/api/views/:id',
    {
      config: { permission: 'cost:read' },
      schema: { tags, summary: 'One saved view', params: ViewIdSchema, response: { 200: ViewSchema } },
    },
    async ({ params, caller }) => book.get(params.id, caller),
  );
}

function writeRoutes(app: App, book: ViewBook): void {
  app.post(
    '/api/views',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Save a page with its parameters under a name',
        description: 'For oneself; with `shared` for everybody, which needs reports:write.',
        body: CreateViewSchema,
        response: { 201: ViewSchema },
      },
    },
    async (request, reply) => reply.code(201).send(await book.create(request.body, actorOf(request))),
  );
  app.put(
    '/api/views/:id',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Change a saved view: what is sent replaces all of it',
        params: ViewIdSchema,
        body: UpdateViewSchema,
        response: { 200: ViewSchema },
      },
    },
    async (request) => {
      const { version, ...input } = request.body;
      return book.change(request.params.id, input, version, actorOf(request));
    },
  );
  app.delete(
    '/api/views/:id',
    {
      config: { permission: 'cost:read' },
      schema: { tags, summary: 'Delete a saved view', params: ViewIdSchema, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await book.remove(request.params.id, actorOf(request));
      return reply.code(204).send(null);
    },
  );
}

function actorOf({ caller, traceId }: Pick<FastifyRequest, 'caller' | 'traceId'>): Actor {
  return { ...caller, traceId };
}
