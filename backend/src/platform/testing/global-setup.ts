import { startStoreServers, type StoreServers } from './store-servers.ts';

declare global {
  var amadeusStoreServers: StoreServers | undefined;
}

/** Jest calls it once before all test files. */
export default async function setUp(): Promise<void> {
  globalThis.amadeusStoreServers = await startStoreServers();
  process.env.AMADEUS_TEST_STORES = globalThis.amadeusStoreServers.url;
}
