export type { SourceHealth, WorkloadState } from './contract.ts';
export { PrometheusClient } from './prometheus-client.ts';
export { PrometheusSource } from './prometheus-source.ts';
export type { Place, SampleRow } from './workload-repository.ts';
export type { ReadingWindow, WorkloadReading, WorkloadSample, WorkloadSource } from './workload-sample.ts';
export { createWorkloadsRoom, type WorkloadsRoom } from './workloads-room.ts';
