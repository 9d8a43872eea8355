import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema, RouteOptions } from 'fastify';
import type { App, RoutePermission } from './app.ts';
import { documentationPrefix } from './declared-routes.ts';
import { ProblemSchema } from './problem.ts';
import { exampleOf, type ExampleSchema } from './schema-example.ts';

type SchemaMap = Record<string, ExampleSchema & { description?: string; content?: unknown }>;
interface DescribedSchema extends FastifySchema {
  summary?: string;
  description?: string;
  hide?: boolean;
  response?: SchemaMap;
}

/** OpenAPI 3.1 of every route at `/api/docs/json` and a page to try them at `/api/docs`, all served from here. */
export async function registerOpenApi(app: App, version: string, publicUrl: string | undefined): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Amadeus',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        description:
          'The autopilot for AI infrastructure: what it costs, what it is about to need, and what to do about it. ' +
          'Times are UTC, amounts are decimal strings with their currency. Failed calls answer application/problem+json.',
      },
      ...(publicUrl ? { servers: [{ url: publicUrl }] } : {}),
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key (ak_...), an OIDC token, or the token of the Grafana app or data source.',
          },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: describe(schema as DescribedSchema, route), url }),
  });
  await app.register(swaggerUi, {
    routePrefix: documentationPrefix,
    uiConfig: { docExpansion: 'list', deepLinking: true, tryItOutEnabled: false },
    staticCSP:
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
      "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  });
}

/** The route's schema with its permission, its problems and an example of everything it takes and gives. */
function describe(schema: DescribedSchema | undefined, route: RouteOptions): FastifySchema {
  const { permission } = (route.config ?? {}) as { permission?: RoutePermission };
  const described: Record<string, unknown> = {
    ...schema,
    description: [schema?.description, permissionSentence(permission)].filter(Boolean).join('\n\n'),
    security: permission === 'public' ? [] : [{ bearer: [] }],
    'x-permission': permission,
  };
  if (schema?.body) described.body = withExample(schema.body as ExampleSchema);
  described.response = { ...withExamples(schema?.response ?? {}), default: problemResponse };
  return described;
}

const problemResponse = {
  description: 'What went wrong and what to do about it',
  content: { 'application/problem+json': { schema: ProblemSchema } },
};

function permissionSentence(permission: RoutePermission | undefined): string {
  if (permission === 'public') return 'Open to everyone.';
  if (permission === 'authenticated') return 'Open to every known caller.';
  return `Needs the permission \`${permission}\`.`;
}

function withExamples(responses: SchemaMap): SchemaMap {
  return Object.fromEntries(
    Object.entries(responses).map(([status, schema]) => [status, schema.content ? schema : withExample(schema)]),
  );
}

function withExample<T extends ExampleSchema>(schema: T): T {
  return schema.type === 'null' ? schema : { ...schema, examples: [exampleOf(schema)] };
}
