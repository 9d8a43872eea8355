import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { Config } from '../platform/config/index.ts';
import type { App } from '../platform/http/index.ts';
import {
  ActivateSchema,
  ChangeRefSchema,
  CheckBodySchema,
  CheckedSchema,
  DiffQuerySchema,
  DiffSchema,
  DraftSchema,
  PoliciesSchema,
  PolicyDetailSchema,
  PolicyNameSchema,
  PublishSchema,
  ReasonSchema,
  SaveDraftSchema,
  VersionDetailSchema,
  VersionNameSchema,
  VersionSummarySchema,
} from './contract.ts';
import type { PolicyDesk, Writer } from './policy-desk.ts';
import { policyYaml, readPolicy } from './policy-text.ts';

const tags = ['Routing'];

/** Policies over HTTP: read, draft, publish, have them serve, take them back. */
export function policyRoutes(app: App, desk: PolicyDesk, config: Config): void {
  readRoutes(app, desk);
  draftRoutes(app, desk, config);
  servingRoutes(app, desk);
}

function readRoutes(app: App, desk: PolicyDesk): void {
  app.get(
    '/api/routing/policies',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'Policies in the order in which they are looked at',
        description:
          'Those of the configuration come last. Policies that name what the caller does not see are left out.',
        response: { 200: PoliciesSchema },
      },
    },
    async ({ caller }) => ({ policies: await desk.list(caller) }),
  );
  app.get(
    '/api/routing/policies/:name',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'One policy with its draft and its versions',
        params: PolicyNameSchema,
        response: { 200: PolicyDetailSchema },
      },
    },
    async ({ params, caller }) => desk.get(params.name, caller),
  );
  app.get(
    '/api/routing/policies/:name/versions/:version',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'One version of a policy',
        params: VersionNameSchema,
        response: { 200: VersionDetailSchema },
      },
    },
    async ({ params, caller }) => desk.version(params.name, params.version, caller),
  );
  app.get(
    '/api/routing/policies/:name/diff',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'What differs between two versions, or a version and the draft',
        params: PolicyNameSchema,
        querystring: DiffQuerySchema,
        response: { 200: DiffSchema },
      },
    },
    async ({ params, query, caller }) => desk.diff(params.name, query, caller),
  );
}

function draftRoutes(app: App, desk: PolicyDesk, config: Config): void {
  app.post(
    '/api/routing/policies/check',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'Whether a policy, as YAML or as JSON, is one, and how it reads in the other form',
        description: 'Nothing is kept.',
        body: CheckBodySchema,
        response: { 200: CheckedSchema },
      },
    },
    async ({ body: { yaml, content } }) => {
      if ((yaml === undefined) === (content === undefined))
        throw new AppError('VALIDATION_FAILED', 'Send either /yaml or /content.');
      const read = readPolicy(yaml === undefined ? { content } : { yaml }, config.gateway);
      return { ...read, ...(read.content ? { yaml: policyYaml(read.content) } : {}) };
    },
  );
  app.put(
    '/api/routing/policies/:name/draft',
    {
      config: { permission: 'gateway:write' },
      schema: {
        tags,
        summary: 'Save the draft of a policy',
        description: 'A name that is not known yet begins a new policy. Nothing serves by a draft.',
        params: PolicyNameSchema,
        body: SaveDraftSchema,
        response: { 200: DraftSchema },
      },
    },
    async (request) => desk.saveDraft(request.params.name, request.body, writerOf(request)),
  );
  app.delete(
    '/api/routing/policies/:name/draft',
    {
      config: { permission: 'gateway:write' },
      schema: { tags, summary: 'Throw the draft away', params: PolicyNameSchema, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await desk.deleteDraft(request.params.name, writerOf(request));
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/api/routing/policies/:name/versions',
    {
      config: { permission: 'gateway:write' },
      schema: {
        tags,
        summary: 'Publish the draft as the next version',
        description: 'A version never changes. It serves nobody until it is activated.',
        params: PolicyNameSchema,
        body: PublishSchema,
        response: { 201: VersionSummarySchema },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await desk.publish(request.params.name, request.body, writerOf(request))),
  );
}

function servingRoutes(app: App, desk: PolicyDesk): void {
  app.post(
    '/api/routing/policies/:name/activate',
    {
      config: { permission: 'changes:propose' },
      schema: {
        tags,
        summary: 'Propose that a version serves, at once or later, all requests or a share that grows',
        description: 'A Change: others than the author approve it. Gateways follow within two seconds.',
        params: PolicyNameSchema,
        body: ActivateSchema,
        response: { 201: ChangeRefSchema },
      },
    },
    async ({ params, body, caller }, reply) => reply.code(201).send(await desk.activate(params.name, body, caller)),
  );
  app.post(
    '/api/routing/policies/:name/withdraw',
    {
      config: { permission: 'changes:propose' },
      schema: {
        tags,
        summary: 'Propose that the policy decides about nothing any more',
        description: 'Its versions stay. Requests are decided about by the policies behind it.',
        params: PolicyNameSchema,
        body: ReasonSchema,
        response: { 201: ChangeRefSchema },
      },
    },
    async ({ params, body, caller }, reply) =>
      reply.code(201).send(await desk.withdraw(params.name, body.reason, caller)),
  );
  app.post(
    '/api/routing/policies/:name/rollback',
    {
      config: { permission: 'changes:apply' },
      schema: {
        tags,
        summary: 'Give everybody the version that was stable before, at once',
        description: 'Undoes the Change that brought the present state about.',
        params: PolicyNameSchema,
        body: ReasonSchema,
        response: { 200: ChangeRefSchema },
      },
    },
    async ({ params, body, caller }) => desk.rollBack(params.name, body.reason, caller),
  );
}

function writerOf({ caller, traceId }: Pick<FastifyRequest, 'caller' | 'traceId'>): Writer {
  return { caller, traceId };
}
