export type { Accounting, AccountingRow, ClusterBills, ClusterJob, ClusterJobs } from './contract.ts';
export type { ClusterPrices } from './ports.ts';
