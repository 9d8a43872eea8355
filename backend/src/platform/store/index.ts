export type * from './contract.ts';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.ts';
export { openStore, type StoreEvent, type StoreOptions } from './postgres-store.ts';
export { isUniqueViolation } from './store-errors.ts';
export { storeMetrics } from './store-metrics.ts';
