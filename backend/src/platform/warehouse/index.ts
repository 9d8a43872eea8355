export type * from './contract.ts';
export { openWarehouse, type OpenWarehouseOptions } from './open-warehouse.ts';
export { startEmbeddedClickHouse, type EmbeddedClickHouse, type EmbeddedClickHouseOptions } from './supervisor.ts';
export { WarehouseError } from './warehouse-error.ts';
