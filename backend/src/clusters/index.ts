export { clusterConnectors, createClustersRoom, type ClusterPorts, type ClustersRoom } from './clusters-room.ts';
export type { Accounting, AccountingRow, ClusterBills, ClusterJob, ClusterJobs } from './contract.ts';
export type { ClusterPrices } from './ports.ts';
