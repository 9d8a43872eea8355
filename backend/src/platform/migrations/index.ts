export { migrateStore, type MigrateStoreOptions } from './migrate-store.ts';
export { migrateWarehouse, type MigrateWarehouseOptions } from './migrate-warehouse.ts';
export { MigrationError } from './migration-plan.ts';
