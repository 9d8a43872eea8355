import { createAllocationRoom, type Allocation } from './allocation/index.ts';
import { createAnycostRoom, type AnycostRoom } from './anycost/index.ts';
import { createBudgetsRoom, type Budgets } from './budgets/index.ts';
import { createClustersRoom, type ClustersRoom } from './clusters/index.ts';
import { cloudConnectors, focusFilesConnector } from './connectors/index.ts';
import { createCostRoom, type Cost } from './cost/index.ts';
import { sampleAllocation, sampleBudgets } from './estate/index.ts';
import { createFocusExportRoom } from './focus-export/index.ts';
import { createLlmUsageRoom, type LlmUsageRoom } from './llm-usage/index.ts';
import type { Platform, Room } from './platform/platform.ts';
import { createPricesRoom, type Prices, type PricesRoom } from './prices/index.ts';
import { createRevenueRoom, type Revenue } from './revenue/index.ts';
import { createShowbackRoom } from './showback/index.ts';
import { createTagRulesRoom, type QualityDoor } from './tag-rules/index.ts';
import { createUnitEconomicsRoom, type UnitEconomics } from './unit-economics/index.ts';

/** The rooms of FinOps, and the doors that other rooms use. */
export interface FinopsRooms {
  rooms: readonly Room[];
  anycost: AnycostRoom;
  cost: { cost: Cost };
  llmUsage: LlmUsageRoom;
  clusters: ClustersRoom;
  allocation: Allocation;
  unitEconomics: UnitEconomics;
  budgets: Budgets;
  revenue: Revenue;
  quality: QualityDoor;
  prices: Prices;
  reconciliation: PricesRoom['reconciliation'];
}

/**
 * What comes in (anycost with the connectors of clouds, clusters and language models), what it is worth (prices, tag rules),
 * and what is made of it. Charges that are computed from usage go back in by the door that bills come through.
 */
export function composeFinops(platform: Platform): FinopsRooms {
  const { prices, reconciliation, ...pricesRoom } = createPricesRoom(platform);
  const rules = createTagRulesRoom(platform, { reload: (place) => anycost.reload(place) });
  const llmUsage = createLlmUsageRoom(platform, {
    prices,
    sendCharges: (place, charges) => anycost.sendCharges(place, charges),
    findSource: (tenant, source) => anycost.findSource(tenant, source),
    rules: (tenant) => rules.rules(tenant),
  });
  const clusters = createClustersRoom(platform, {
    prices,
    sendCharges: (place, charges) => anycost.sendCharges(place, charges),
  });
  const anycost: AnycostRoom = createAnycostRoom(platform, {
    connectors: [focusFilesConnector, ...cloudConnectors, ...clusters.connectors, ...llmUsage.connectors],
    sinks: { llmRequests: llmUsage.sink, ...clusters.sinks },
    rules: (tenant) => rules.rules(tenant),
  });
  const cost = createCostRoom(platform);
  const revenue = createRevenueRoom(platform);
  const allocation = createAllocationRoom(platform, {
    cost: cost.cost,
    prices,
    samples: platform.config.estate.enabled ? sampleAllocation : [],
  });
  const units = createUnitEconomicsRoom(platform, {
    cost: cost.cost,
    allocation: allocation.allocation,
    prices,
    revenue: revenue.revenue,
  });
  const exports = createFocusExportRoom(platform);
  const showback = createShowbackRoom(platform, { files: exports.files, allocation: allocation.allocation, prices });
  const budgets = createBudgetsRoom(platform, {
    cost: cost.cost,
    prices,
    samples: platform.config.estate.enabled ? sampleBudgets : [],
  });
  return {
    rooms: [
      pricesRoom,
      rules,
      llmUsage,
      clusters,
      anycost,
      cost,
      revenue,
      allocation,
      units,
      exports,
      showback,
      budgets,
    ],
    anycost,
    cost,
    llmUsage,
    clusters,
    allocation: allocation.allocation,
    unitEconomics: units.unitEconomics,
    budgets: budgets.budgets,
    revenue: revenue.revenue,
    quality: rules.quality,
    prices,
    reconciliation,
  };
}
