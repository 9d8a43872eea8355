import type { Connector, SendCharges, Sinks } from '../anycost/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { ClusterBills } from './cluster-bills.ts';
import { dcgmConnector } from './dcgm/dcgm-connector.ts';
import { joinNewSamples } from './dcgm/join-samples.ts';
import { GpuAccounting } from './gpu-accounting.ts';
import { kubernetesAllocationConnector } from './kubernetes/kubernetes-allocation-connector.ts';
import type { ClusterPrices } from './ports.ts';
import { clusterRoutes } from './routes.ts';
import { jobSink, sampleSink } from './sinks.ts';
import { slurmNodesConnector } from './slurm/slurm-nodes-connector.ts';
import { slurmRestConnector } from './slurm/slurm-rest-connector.ts';
import { slurmSacctConnector } from './slurm/slurm-sacct-connector.ts';

/** Connectors of clusters, for the room that takes files in. */
export const clusterConnectors: readonly Connector[] = [
  slurmSacctConnector,
  slurmRestConnector,
  slurmNodesConnector,
  kubernetesAllocationConnector,
  dcgmConnector,
];

export interface ClusterPorts {
  prices: ClusterPrices;
  sendCharges: SendCharges;
}

export interface ClustersRoom extends Room {
  readonly connectors: readonly Connector[];
  readonly sinks: Required<Pick<Sinks, 'jobs' | 'gpuSamples'>>;
  readonly accounting: GpuAccounting;
  /** Bills what has new facts: what the loop does. */
  bill(signal: AbortSignal): Promise<void>;
  /** Joins samples to jobs where either is new: what the loop does. */
  joinSamples(signal: AbortSignal): Promise<void>;
}

const everyMs = 10 * 60_000;

/** Keeps what clusters did, tells who held their GPUs and what that cost, and bills it. */
export function createClustersRoom(platform: Platform, ports: ClusterPorts): ClustersRoom {
  const bills = new ClusterBills(platform, ports.prices, ports.sendCharges);
  const accounting = new GpuAccounting(platform, ports.prices);
  const room: ClustersRoom = {
    name: 'clusters',
    connectors: clusterConnectors,
    sinks: {
      jobs: jobSink(platform.warehouse, platform.clock),
      gpuSamples: sampleSink(platform.warehouse, platform.clock),
    },
    accounting,
    bill: (signal) => bills.turn(signal),
    joinSamples: (signal) => joinNewSamples(platform, signal),
    routes: (app) => clusterRoutes(app, accounting, platform.store),
    loops: [
      { name: 'cluster-sample-join', everyMs, run: (signal) => room.joinSamples(signal) },
      { name: 'cluster-bills', everyMs, offsetMs: 60_000, run: (signal) => room.bill(signal) },
    ],
  };
  return room;
}
