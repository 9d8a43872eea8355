export { startShopExporter } from './shop-exporter.ts';
export { shopTraffic, shopWorkloads, type ShopMinute, type ShopTraffic } from './shop-traffic.ts';
export { loadEstate, type EstateDoors, type EstateOptions } from './load-estate.ts';
