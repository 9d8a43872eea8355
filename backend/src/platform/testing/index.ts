export { testStores, type TestStores } from './test-stores.ts';
