import type { Clock } from '../platform/clock/index.ts';
import type { Config } from '../platform/config/index.ts';
import type { Room } from '../platform/platform.ts';
import type { Telemetry } from '../platform/telemetry/index.ts';
import { KubernetesCluster } from './cluster-client.ts';
import type { Cluster } from './contract.ts';
import { clusterMetrics } from './cluster-metrics.ts';

export interface KubernetesRoom extends Room {
  /** Every configured cluster; none: nothing is scaled or healed. */
  readonly clusters: readonly Cluster[];
  /** Milliseconds after which what is known of a cluster is too old to act on. */
  readonly watchAgeMs: number;
  /** Where the lease for a duty in a cluster stands: one name for each duty, so that each is led by itself. */
  leaseOf(cluster: Cluster, duty: string): { namespace: string; name: string };
  /** The cluster of that tenant and name, or undefined. */
  find(tenant: string, name: string): Cluster | undefined;
}

/** The clusters that scaling and healing act on. No connection is made before one of them is asked. */
export function createKubernetesRoom(platform: {
  config: Pick<Config, 'kubernetes'>;
  clock: Clock;
  telemetry: Pick<Telemetry, 'log' | 'metrics'>;
}): KubernetesRoom {
  const { kubernetes } = platform.config;
  const metrics = clusterMetrics(platform.telemetry.metrics);
  const clusters = kubernetes.clusters.map(
    (settings) => new KubernetesCluster(settings, { clock: platform.clock, log: platform.telemetry.log, metrics }),
  );
  return {
    name: 'kubernetes',
    clusters,
    watchAgeMs: kubernetes.watchAgeSeconds * 1000,
    leaseOf: ({ tenant, name }, duty) => {
      const lease = kubernetes.clusters.find((one) => one.tenant === tenant && one.name === name)?.lease;
      return { namespace: lease?.namespace ?? 'amadeus', name: `${lease?.name ?? 'amadeus'}-${duty}` };
    },
    find: (tenant, name) => clusters.find((cluster) => cluster.tenant === tenant && cluster.name === name),
    close: async () => {
      await Promise.all(clusters.map((cluster) => cluster.close()));
    },
  };
}
