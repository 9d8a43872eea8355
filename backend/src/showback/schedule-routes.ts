import Type from 'typebox';
import type { App } from '../platform/http/index.ts';
import type { Platform } from '../platform/platform.ts';
import { IdSchema, RunSchema, RunsSchema, ScheduleBodySchema, ScheduleSchema, SchedulesSchema } from './contract.ts';
import type { ReportRuns } from './report-runs.ts';
import type { SavedReports } from './saved-reports.ts';

const tags = ['showback'];

interface Parts {
  platform: Platform;
  saved: SavedReports;
  runs: ReportRuns;
}

/** When reports are sent, and what was sent. */
export function scheduleRoutes(app: App, { platform, saved, runs }: Parts): void {
  app.get(
    '/api/showback/reports/:id/schedules',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'When a report is sent, and to whom',
        params: IdSchema,
        response: { 200: SchedulesSchema },
      },
    },
    async ({ params, caller }) => ({
      schedules: await saved.schedules(params.id, caller.scope),
      channels: [...platform.notifier.channels],
    }),
  );
  app.post(
    '/api/showback/reports/:id/schedules',
    {
      config: { permission: 'reports:write' },
      schema: {
        tags,
        summary: 'Send a report on schedule',
        description:
          'It is made with what you see of the data. A due time that passed while the service was away is sent once when it is back.',
        params: IdSchema,
        body: ScheduleBodySchema,
        response: { 201: ScheduleSchema },
      },
    },
    async ({ params, body, caller }, reply) => reply.code(201).send(await saved.addSchedule(params.id, body, caller)),
  );
  app.put(
    '/api/showback/schedules/:id',
    {
      config: { permission: 'reports:write' },
      schema: {
        tags,
        summary: 'Change a schedule',
        params: IdSchema,
        body: ScheduleBodySchema,
        response: { 200: ScheduleSchema },
      },
    },
    async ({ params, body, caller }) => saved.changeSchedule(params.id, body, caller),
  );
  app.delete(
    '/api/showback/schedules/:id',
    {
      config: { permission: 'reports:write' },
      schema: { tags, summary: 'Delete a schedule', params: IdSchema, response: { 204: Type.Null() } },
    },
    async ({ params, caller }, reply) => {
      await saved.removeSchedule(params.id, caller);
      return reply.code(204).send(null);
    },
  );
  runRoutes(app, { platform, saved, runs });
}

function runRoutes(app: App, { platform, saved, runs }: Parts): void {
  app.get(
    '/api/showback/schedules/:id/runs',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'What a schedule has sent, newest first',
        params: IdSchema,
        response: { 200: RunsSchema },
      },
    },
    async ({ params, caller }) => {
      const schedule = await saved.schedule(params.id, caller.scope);
      return { runs: await runs.list(caller.scope.tenant, schedule.id) };
    },
  );
  app.post(
    '/api/showback/schedules/:id/run',
    {
      config: { permission: 'reports:write' },
      schema: { tags, summary: 'Send a scheduled report now', params: IdSchema, response: { 202: RunSchema } },
    },
    async ({ params, caller }, reply) => {
      const schedule = await saved.schedule(params.id, caller.scope);
      const run = await runs.runNow(schedule);
      await platform.audit.record({
        tenant: caller.scope.tenant,
        actor: { id: caller.id, name: caller.name },
        action: 'showback.schedule_run',
        target: `showback:${schedule.reportId}`,
        after: { schedule: schedule.id, run: run.id },
      });
      return reply.code(202).send(run);
    },
  );
}
