import type { App } from '../platform/http/index.ts';
import { ReadPromptSchema, RequestIdSchema } from './contract.ts';
import type { PromptDesk } from './prompt-desk.ts';

export function promptRoutes(app: App, desk: PromptDesk): void {
  app.get(
    '/api/gateway/prompts/:requestId',
    {
      config: { permission: 'keys:manage' },
      schema: {
        tags: ['Gateway'],
        summary: 'The kept prompt and answer of one call; the audit log notes who read it',
        description: 'As they went between gateway and provider, personal data masked.',
        params: RequestIdSchema,
        response: { 200: ReadPromptSchema },
      },
    },
    async ({ params, caller, traceId }) => desk.read(params.requestId, { caller, traceId }),
  );
}
