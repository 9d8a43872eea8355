import type { Platform, Room } from '../platform/platform.ts';
import type { Store } from '../platform/store/index.ts';
import { tenantKeyRoutes } from './routes.ts';

export { TenantKeys, type TenantKey } from './tenant-keys.ts';

/** The room where a tenant's key can be destroyed, with everything that it has encrypted. */
export function createTenantKeysRoom(
  platform: Platform,
  erase: readonly ((tx: Store, tenant: string) => Promise<void>)[],
): Room {
  return { name: 'tenant-keys', routes: (app) => tenantKeyRoutes(app, platform, erase) };
}
