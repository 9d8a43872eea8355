import { join } from 'node:path';
import { createAccessRoom } from './access/index.ts';
import { createChangesRoom } from './changes/index.ts';
import { composeFinops } from './compose-finops.ts';
import { createEstateRoom } from './estate/index.ts';
import { createExperimentsRoom } from './experiments/index.ts';
import { createForecastingRoom } from './forecasting/index.ts';
import { createGatewayRoom, pricedModels, usageNameOf } from './gateway/index.ts';
import { createGrafanaRoom } from './grafana/index.ts';
import { createHealingRoom } from './healing/index.ts';
import { createKubernetesRoom } from './kubernetes/index.ts';
import { callTier, callTokens } from './llm-usage/index.ts';
import { createLimitsRoom } from './limits/index.ts';
import { createNotificationsRoom } from './notifications/index.ts';
import type { OpenPlatform } from './open-platform.ts';
import { createOverviewRoom, type OverviewSources } from './overview/index.ts';
import { classesOf, createPrivacyLayer } from './privacy/index.ts';
import { createPromptsRoom, erasePrompts } from './prompts/index.ts';
import { createResponseCacheRoom, eraseAnswers } from './response-cache/index.ts';
import { finopsSources, reconciliationSource } from './panel-sources.ts';
import { createRolloutGuardRoom } from './rollout-guard/index.ts';
import { createRoutingPanelsRoom } from './routing-panels/index.ts';
import { keptToken, wholeTenant, type Caller, type Scope } from './platform/identity/index.ts';
import type { Room } from './platform/platform.ts';
import { chosenFrom, createRoutingRoom } from './routing/index.ts';
import { createScalingRoom } from './scaling/index.ts';
import { createSearchRoom } from './search/index.ts';
import { createTenantKeysRoom, TenantKeys } from './tenant-keys/index.ts';
import { createViewsRoom } from './views/index.ts';
import { createWorkloadsRoom, type WorkloadsRoom } from './workloads/index.ts';

export interface ComposeOptions {
  version: string;
  onProgress(text: string): void;
}

/** Makes every room and hands each the others that it needs. The order is the order in which they start. */
export function composeRooms({ platform, identity }: OpenPlatform, options: ComposeOptions): Room[] {
  const home = { tenant: 'default', region: platform.config.prometheus.region };
  const changes = createChangesRoom(platform, (tenant, actor, tx) => identity.apiKeys.makerOf(tenant, actor, tx));
  const finops = composeFinops(platform);
  const { anycost, cost, llmUsage } = finops;
  const workloads = createWorkloadsRoom(platform);
  const forecasting = createForecastingRoom(platform, workloads, changes.changes);
  const estate = createEstateRoom(
    platform,
    {
      ingestBill: async (path, source) => {
        await anycost.ingestFocusFile(path, { ...home, source });
      },
      keepRequests: async (requests) => {
        await llmUsage.keep({ ...home, source: 'estate-llm' }, requests);
      },
      sealRequests: async () => {
        await llmUsage.sealWaiting({ ...home, source: 'estate-llm' });
      },
      keepRevenue: (lines) => finops.revenue.keep(lines, estateCaller),
      keepFrom: workloads.keepFrom,
      addSource: workloads.addSource,
      replayForecasts: async (workloads, from, to) => {
        for (const workload of workloads) await forecasting.replayForecasts({ workload }, from, to);
      },
    },
    options.onProgress,
  );
  const allSources: OverviewSources['sources'] = async (scope) => [
    ...(await anycost.sources(scope)),
    ...(await trafficSources(workloads, scope)),
  ];
  const kubernetes = createKubernetesRoom(platform);
  const healing = createHealingRoom(platform, kubernetes, changes.changes);
  const scaling = createScalingRoom(platform, {
    clusters: kubernetes.clusters,
    leaseOf: (cluster) => kubernetes.leaseOf(cluster, 'scaling'),
    changes: changes.changes,
    champions: (scope) => workloads.workloads(scope),
    events: (key, range) => forecasting.events.upcoming(key, range),
    prices: finops.prices,
  });
  const routingPanels = createRoutingPanelsRoom(platform, {
    prices: finops.prices,
    policyModels: async ({ tenant }, served) => {
      const { policies, providers } = platform.config.gateway;
      return pricedModels([...policies, ...(await chosenFrom(platform.store, tenant, served))], providers);
    },
  });
  const grafana = createGrafanaRoom({
    cost: cost.cost,
    traffic: forecasting.panels,
    events: forecasting.events,
    healing,
    scaling: scaling.marks,
    changes: changes.changes,
    ...finopsSources(finops, platform.clock),
    routing: routingPanels.panels,
    experiments: { experiments: (query, scope) => experiments.table(query, scope) },
    sources: { sources: allSources },
    reconciliation: reconciliationSource(finops),
    service: {
      metrics: () => platform.telemetry.metrics.getMetricsAsJSON(),
      warehouseAnswers: () => platform.warehouse.ping().catch(() => false),
      storeAnswers: () => platform.store.ping().catch(() => false),
    },
    now: () => platform.clock.now(),
    version: options.version,
  });
  const overview = createOverviewRoom({
    clock: platform.clock,
    estate: platform.config.estate.enabled,
    sources: {
      dailySpend: async (query, scope) => {
        const { currency, days } = await cost.cost.dailySpend(query, scope);
        return { currency: currency === '' ? (query.currency ?? 'USD') : currency, days };
      },
      nextPeak: (scope) => forecasting.nextPeak(scope),
      accuracy: (scope) => forecasting.overallAccuracy(scope),
      pendingChanges: (scope) => changes.changes.pending(scope),
      sources: allSources,
    },
  });
  const views = createViewsRoom(platform);
  const search = createSearchRoom(platform, {
    bills: (scope, signal) => cost.cost.bills(scope, signal),
    budgets: (scope) => finops.budgets.status(scope),
    views: (caller) => views.views.list(caller),
    sources: (scope) => anycost.sources(scope),
    workloads: (scope) => workloads.workloads(scope),
  });
  const usageNames = new Map(platform.config.gateway.providers.map((one) => [one.name, usageNameOf(one)]));
  const routing = createRoutingRoom(platform, changes.changes, {
    prices: finops.prices,
    usageName: (provider) => usageNames.get(provider) ?? provider,
  });
  const dataKey =
    platform.config.gateway.dataKey ?? keptToken(join(platform.config.dataDir, 'tokens'), 'gatewayDataKey');
  const tenantKeys = new TenantKeys(platform, dataKey);
  const prompts = createPromptsRoom(platform, tenantKeys);
  const responseCache = createResponseCacheRoom(platform, { keys: tenantKeys, usage: routingPanels.panels });
  const tenantKeysRoom = createTenantKeysRoom(platform, [
    erasePrompts,
    (tx, tenant) => eraseAnswers(tx, tenant, platform.clock.now()),
  ]);
  const experiments = createExperimentsRoom(platform, changes.changes, {
    policies: routing.policies,
    votes: (tenant, callIds) => responseCache.votes(tenant, callIds),
    usageName: (provider) => usageNames.get(provider) ?? provider,
  });
  const rolloutGuard = createRolloutGuardRoom(platform, changes.changes, routing);
  const limits = createLimitsRoom(platform);
  const gateway = createGatewayRoom(platform, {
    prices: finops.prices,
    budgets: finops.budgets,
    usage: { keep: llmUsage.keep, tokens: callTokens, tier: callTier },
    layers: (tools) => {
      const { arms, shadows } = experiments.layers(tools);
      const privacy = createPrivacyLayer(platform, dataKey);
      const guard = rolloutGuard.layer(tools);
      return [limits.layer(), arms, guard, privacy, prompts.layer(), responseCache.layer(tools), shadows];
    },
    classesOf,
    feedback: (key, said) => responseCache.feedback(key, said),
  });
  const access = createAccessRoom(platform, identity);
  const notifications = createNotificationsRoom(platform);
  return [
    access,
    notifications,
    changes,
    ...finops.rooms,
    workloads,
    forecasting,
    estate,
    kubernetes,
    healing,
    scaling,
    grafana,
    overview,
    views,
    search,
    routing,
    experiments,
    rolloutGuard,
    limits,
    prompts,
    responseCache,
    tenantKeysRoom,
    routingPanels,
    // Rooms end from the last to the first: calls in progress come to their end while caches and prompts are still kept.
    gateway,
  ];
}

/** Who the audit log names for what comes with the generated estate. */
const estateCaller: Caller = {
  kind: 'node',
  id: 'system:estate',
  name: 'Generated estate',
  roles: [],
  permissions: new Set(),
  scope: wholeTenant('default'),
};

/** The sources of traffic as the Overview lists sources. */
async function trafficSources(workloads: WorkloadsRoom, scope: Scope): ReturnType<OverviewSources['sources']> {
  const states = { ok: 'fresh', failing: 'stale', waiting: 'empty' } as const;
  return (await workloads.health(scope)).map((source) => ({
    source: source.source,
    kind: 'metrics',
    lastAt: source.lastSuccessAt,
    rows: source.samples,
    quarantined: 0,
    state: states[source.state],
  }));
}
