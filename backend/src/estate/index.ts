export { createEstateRoom } from './estate-room.ts';
export { sampleBudgets } from './sample-budgets.ts';
export { startShopExporter } from './shop-exporter.ts';
