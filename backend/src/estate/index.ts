export { createEstateRoom } from './estate-room.ts';
export { sampleAllocation } from './sample-allocation.ts';
export { sampleBudgets } from './sample-budgets.ts';
export { startShopExporter } from './shop-exporter.ts';
