export type * from './contract.ts';
export { openWarehouse, type OpenWarehouseOptions } from './open-warehouse.ts';
export { startEmbeddedClickHouse, type EmbeddedClickHouse, type EmbeddedClickHouseOptions } from './supervisor.ts';
export { traceWarehouse } from './traced-warehouse.ts';
export { WarehouseError } from './warehouse-error.ts';
