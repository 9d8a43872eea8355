import type { App } from '../platform/http/index.ts';
import { SourceHealthsSchema, WorkloadsSchema } from './contract.ts';
import type { WorkloadsRoom } from './workloads-room.ts';

export function workloadRoutes(app: App, room: Pick<WorkloadsRoom, 'workloads' | 'health'>): void {
  app.get(
    '/api/workloads',
    {
      config: { permission: 'traffic:read' },
      schema: {
        summary: 'Workloads that were seen within a day, busiest first',
        tags: ['traffic'],
        response: { 200: WorkloadsSchema },
      },
    },
    (request) => room.workloads(request.caller.scope),
  );

  app.get(
    '/api/workloads/sources',
    {
      config: { permission: 'traffic:read' },
      schema: {
        summary: 'Where workload samples come from, and how that goes',
        tags: ['traffic'],
        response: { 200: SourceHealthsSchema },
      },
    },
    (request) => room.health(request.caller.scope),
  );
}
