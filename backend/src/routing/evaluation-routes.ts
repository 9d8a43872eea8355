import type { App } from '../platform/http/index.ts';
import type { EvaluationDesk } from './evaluation-desk.ts';
import {
  EvaluateSchema,
  EvaluationSchema,
  KeptReplaySchema,
  ReplayIdSchema,
  RoutesSchema,
} from './evaluation-contract.ts';
import type { RouteDesk } from './route-desk.ts';

const tags = ['Routing'];

export function evaluationRoutes(app: App, desk: EvaluationDesk, routes: RouteDesk): void {
  app.post(
    '/api/routing/evaluate',
    {
      config: { permission: 'changes:propose' },
      schema: {
        tags,
        summary: 'What a policy would choose and why, and what it would have done with the calls of the last days',
        description:
          'With `request`: every candidate, what excluded it, and the terms of its score. With `replay`: cost, latency, ' +
          'expected quality and refusals against what happened and against what serves now. Nothing is sent anywhere.',
        body: EvaluateSchema,
        response: { 200: EvaluationSchema },
      },
    },
    async ({ body, caller }) => desk.evaluate(body, caller),
  );
  app.get(
    '/api/routing/replays/:id',
    {
      config: { permission: 'changes:propose' },
      schema: {
        tags,
        summary: 'A replay that runs in the background, told to who asked for it',
        params: ReplayIdSchema,
        response: { 200: KeptReplaySchema },
      },
    },
    async ({ params, caller }) => desk.kept(params.id, caller),
  );
  app.get(
    '/api/routing/routes',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'Routes of the policies, with what gateways have learned of their latency, errors and cost',
        description: 'What was learned fades by half in ten minutes.',
        response: { 200: RoutesSchema },
      },
    },
    async ({ caller }) => ({ routes: await routes.list(caller) }),
  );
}
