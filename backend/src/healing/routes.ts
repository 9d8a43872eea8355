import type { App } from '../platform/http/index.ts';
import {
  DropModeSchema,
  SavedModeSchema,
  SaveModeSchema,
  SettingsSchema,
  TimelineQuerySchema,
  TimelineSchema,
  WorkloadsQuerySchema,
  WorkloadsSchema,
} from './contract.ts';
import type { HealingDesk } from './healing-desk.ts';

const tags = ['healing'];

/** The doctor over HTTP. */
export function healingRoutes(app: App, desk: HealingDesk): void {
  app.get(
    '/api/healing/timeline',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'What was wrong with workloads, why, and what was done about it; newest first',
        querystring: TimelineQuerySchema,
        response: { 200: TimelineSchema },
      },
    },
    ({ query, caller }) => desk.timeline(query, caller.scope),
  );
  app.get(
    '/api/healing/workloads',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'Workloads with their mode and who else holds them, and how fresh what is known of each cluster is',
        querystring: WorkloadsQuerySchema,
        response: { 200: WorkloadsSchema },
      },
    },
    ({ query, caller }) => desk.workloads(query, caller.scope),
  );
  app.get(
    '/api/healing/settings',
    {
      config: { permission: 'traffic:read' },
      schema: { tags, summary: 'Modes by pattern, and the rules of the acts', response: { 200: SettingsSchema } },
    },
    ({ caller }) => desk.settings(caller.scope),
  );
  app.put(
    '/api/healing/settings',
    {
      config: { permission: 'changes:apply' },
      schema: {
        tags,
        summary: 'Give workloads a mode',
        body: SaveModeSchema,
        response: { 200: SavedModeSchema },
      },
    },
    async ({ body, caller }) => {
      await desk.setMode(body, caller);
      return body;
    },
  );
  app.delete(
    '/api/healing/settings',
    {
      config: { permission: 'changes:apply' },
      schema: {
        tags,
        summary: 'Take a mode back: the next longer pattern decides again',
        body: DropModeSchema,
        response: { 200: SavedModeSchema },
      },
    },
    async ({ body, caller }) => {
      await desk.dropMode(body.target, caller);
      return { target: body.target, mode: null };
    },
  );
}
