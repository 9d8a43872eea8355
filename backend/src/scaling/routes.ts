import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { App } from '../platform/http/index.ts';
import {
  MetricParamsSchema,
  MetricQuerySchema,
  ReleaseHoldSchema,
  ScalingDetailSchema,
  ScalingParamsSchema,
  ScalingReportQuerySchema,
  ScalingReportSchema,
  ScalingTwoPartParamsSchema,
  ScalingUpdateSchema,
  ScalingWorkloadsSchema,
  SettingsPreviewedSchema,
  SettingsPreviewSchema,
  SettingsViewSchema,
} from './contract.ts';
import type { PreviewDesk } from './preview-desk.ts';
import { metricGroup, metricName, metricResources, metricValues, workloadOf } from './external-metric.ts';
import type { ScalingDesk } from './scaling-desk.ts';
import type { ScalingActor, SettingsDesk } from './settings-desk.ts';

const tags = ['scaling'];

export interface ScalingDoors {
  desk: ScalingDesk;
  settings: SettingsDesk;
  preview: Pick<PreviewDesk, 'preview'>;
}

/** Scaling over HTTP. */
export function scalingRoutes(app: App, doors: ScalingDoors): void {
  listRoutes(app, doors);
  // Some proxies decode `%2F`; then an id of two parts arrives as two.
  for (const isDecoded of [false, true]) workloadRoutes(app, doors, isDecoded);
  metricRoutes(app, doors);
}

function listRoutes(app: App, { desk }: ScalingDoors): void {
  app.get(
    '/api/scaling/workloads',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'Workloads whose replicas are decided on, with the newest decision',
        response: { 200: ScalingWorkloadsSchema },
      },
    },
    async ({ caller }) => ({ workloads: await desk.list(caller.scope) }),
  );
  app.get(
    '/api/scaling/report',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'What workloads had and what decisions wanted: replica-hours, slow minutes and money',
        querystring: ScalingReportQuerySchema,
        response: { 200: ScalingReportSchema },
      },
    },
    ({ query, caller }) => desk.report(query, caller.scope),
  );
}

function workloadRoutes(app: App, { desk, settings, preview }: ScalingDoors, isDecoded: boolean): void {
  const base = `/api/scaling/workloads/${isDecoded ? ':namespace/' : ''}:workload`;
  const shared = {
    tags,
    params: isDecoded ? ScalingTwoPartParamsSchema : ScalingParamsSchema,
    ...(isDecoded ? { hide: true } : {}),
  };
  app.get(
    base,
    {
      config: { permission: 'traffic:read' },
      schema: {
        ...shared,
        summary: 'One decision with its terms and settings',
        response: { 200: ScalingDetailSchema },
      },
    },
    ({ params, caller }) => desk.get(idOf(params), caller.scope),
  );
  app.get(
    `${base}/settings`,
    {
      config: { permission: 'traffic:read' },
      schema: { ...shared, summary: 'How a workload is scaled', response: { 200: SettingsViewSchema } },
    },
    async ({ params, caller }) => {
      await desk.checkReach(idOf(params), caller.scope);
      return settings.get(idOf(params), caller.scope.tenant);
    },
  );
  app.put(
    `${base}/settings`,
    {
      config: { permission: 'changes:apply' },
      schema: {
        ...shared,
        summary: 'Change how a workload is scaled: what is not sent stays as it is',
        body: ScalingUpdateSchema,
        response: { 200: SettingsViewSchema },
      },
    },
    async (request) => {
      await desk.checkReach(idOf(request.params), request.caller.scope);
      return settings.change(idOf(request.params), request.body, actorOf(request));
    },
  );
  app.post(
    `${base}/preview`,
    {
      config: { permission: 'traffic:read' },
      schema: {
        ...shared,
        summary: 'What settings would have made of the last hours, beside the present ones; nothing is kept',
        body: SettingsPreviewSchema,
        response: { 200: SettingsPreviewedSchema },
      },
    },
    ({ params, body, caller }) => preview.preview(idOf(params), body, caller.scope),
  );
  app.post(
    `${base}/release`,
    {
      config: { permission: 'changes:apply' },
      schema: {
        ...shared,
        summary: 'Let a workload be scaled again that was left alone after an undo or a conflict',
        body: ReleaseHoldSchema,
        response: { 200: ScalingDetailSchema },
      },
    },
    (request) => desk.release(idOf(request.params), actorOf(request), request.body.reason),
  );
}

/** The external metrics API of Kubernetes, as far as an HPA or KEDA asks it, for those who come with an API key. */
function metricRoutes(app: App, { desk }: ScalingDoors): void {
  app.get(
    `/apis/${metricGroup}`,
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'External metrics that there are, for kube-apiserver',
        response: { 200: Type.Record(Type.String(), Type.Unknown()) },
      },
    },
    async () => metricResources(),
  );
  app.get(
    `/apis/${metricGroup}/namespaces/:namespace/:metric`,
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary:
          'Replicas that a workload is to have, as an external metric of an HPA; nothing where that is not known',
        params: MetricParamsSchema,
        querystring: MetricQuerySchema,
        response: { 200: Type.Record(Type.String(), Type.Unknown()) },
      },
    },
    async ({ params, query, caller }) => {
      const workload = workloadOf(query.labelSelector);
      const required =
        params.metric === metricName && workload !== undefined
          ? await desk.required(params.namespace, workload, caller.scope)
          : undefined;
      return metricValues(workload, required);
    },
  );
}

function idOf(params: { namespace?: string; workload: string }): string {
  return params.namespace === undefined ? params.workload : `${params.namespace}/${params.workload}`;
}

function actorOf({ caller, traceId }: Pick<FastifyRequest, 'caller' | 'traceId'>): ScalingActor {
  return { id: caller.id, name: caller.name, scope: caller.scope, traceId };
}
