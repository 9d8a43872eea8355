import type { App } from '../platform/http/index.ts';
import { PolicyNameSchema, RolloutGuardSchema } from './contract.ts';
import type { GuardDesk } from './guard-desk.ts';

export function guardRoutes(app: App, desk: GuardDesk): void {
  app.get(
    '/api/routing/policies/:name/rollout',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags: ['Routing'],
        summary: 'How the version on its way does beside what served before, and which ones were stopped',
        description:
          'Errors, p95 of the first token and cost per call of both sides. The bounds hold at every look. A version that is clearly worse is taken back by itself, unless its policy says `rollout: { stopsItself: false }`.',
        params: PolicyNameSchema,
        response: { 200: RolloutGuardSchema },
      },
    },
    async ({ params, caller }) => desk.of(params.name, caller),
  );
}
