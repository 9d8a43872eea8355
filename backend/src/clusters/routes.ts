import type { App } from '../platform/http/index.ts';
import type { Store } from '../platform/store/index.ts';
import { listBills } from './bill-repository.ts';
import {
  AccountingQuerySchema,
  AccountingSchema,
  BillsSchema,
  ClusterJobsSchema,
  JobsQuerySchema,
} from './contract.ts';
import type { GpuAccounting } from './gpu-accounting.ts';

/** Questions about clusters, their GPUs and jobs. */
export function clusterRoutes(app: App, accounting: GpuAccounting, store: Store): void {
  app.get(
    '/api/clusters/gpu-accounting',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Total, allocated, used, idle and held-idle GPU-hours by cluster and type, in hours and money',
        description: 'Whole hours, UTC. Total = allocated + idle, exactly. Each day has the rate of that day.',
        tags: ['clusters'],
        querystring: AccountingQuerySchema,
        response: { 200: AccountingSchema },
      },
    },
    ({ query, caller, signal }) => accounting.accounting(query, caller.scope, signal),
  );

  app.get(
    '/api/clusters/jobs',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Jobs and pods with GPU-hours, cost, and the idle GPUs that they held',
        tags: ['clusters'],
        querystring: JobsQuerySchema,
        response: { 200: ClusterJobsSchema },
      },
    },
    ({ query, caller, signal }) => accounting.jobs(query, caller.scope, signal),
  );

  app.get(
    '/api/clusters/bills',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Which months of which clusters are billed, and what could not be',
        tags: ['clusters'],
        response: { 200: BillsSchema },
      },
    },
    async ({ caller }) => ({
      bills: (await listBills(store, caller.scope)).map(
        ({ cluster, region, period, source, charges, billedAt, notices }) => ({
          ...{ cluster, region, period, source, charges, notices },
          billedAt: billedAt.toISOString(),
        }),
      ),
    }),
  );
}
