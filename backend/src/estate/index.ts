export { createEstateRoom } from './estate-room.ts';
export { startShopExporter } from './shop-exporter.ts';
