/** Jest calls it once after all test files. */
export default async function tearDown(): Promise<void> {
  await globalThis.amadeusStoreServers?.close();
  globalThis.amadeusStoreServers = undefined;
}
