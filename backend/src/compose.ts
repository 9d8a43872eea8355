import { createAccessRoom } from './access/index.ts';
import { createAnycostRoom } from './anycost/index.ts';
import { createChangesRoom } from './changes/index.ts';
import { createCostRoom } from './cost/index.ts';
import { createEstateRoom } from './estate/index.ts';
import { createForecastingRoom } from './forecasting/index.ts';
import { createGrafanaRoom } from './grafana/index.ts';
import { createNotificationsRoom } from './notifications/index.ts';
import type { OpenPlatform } from './open-platform.ts';
import { createOverviewRoom } from './overview/index.ts';
import type { Room } from './platform/platform.ts';
import { createWorkloadsRoom } from './workloads/index.ts';

export interface ComposeOptions {
  version: string;
  onProgress(text: string): void;
}

/** Makes every room and hands each the others that it needs. The order is the order in which they start. */
export function composeRooms({ platform, identity, audit }: OpenPlatform, options: ComposeOptions): Room[] {
  const changes = createChangesRoom(platform);
  const anycost = createAnycostRoom(platform);
  const cost = createCostRoom(platform);
  const workloads = createWorkloadsRoom(platform);
  const forecasting = createForecastingRoom(platform, workloads, changes.changes);
  const estate = createEstateRoom(
    platform,
    {
      ingestBill: (path, source) => anycost.ingestFocusFile(path, { source }),
      keepFrom: workloads.keepFrom,
      addSource: workloads.addSource,
      replayForecasts: (from, to) => forecasting.replayForecasts(from, to),
    },
    options.onProgress,
  );
  const grafana = createGrafanaRoom({
    cost: cost.cost,
    traffic: forecasting,
    changes: changes.changes,
    warehouseAnswers: () => platform.warehouse.ping().catch(() => false),
    storeAnswers: () => platform.store.ping().catch(() => false),
    version: options.version,
  });
  const overview = createOverviewRoom({
    clock: platform.clock,
    estate: platform.config.estate.enabled,
    sources: {
      dailySpend: (query, scope) => cost.cost.dailySpend(query, scope),
      nextPeak: (scope) => forecasting.nextPeak(scope),
      accuracy: (scope) => forecasting.accuracy(scope),
      pendingChanges: (scope) => changes.changes.pending(scope),
      sources: (scope) => anycost.sources(scope),
    },
  });
  const access = createAccessRoom(platform, identity, audit);
  const notifications = createNotificationsRoom(platform);
  return [access, notifications, changes, anycost, cost, workloads, forecasting, estate, grafana, overview];
}
