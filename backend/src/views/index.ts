import type { Caller } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { View } from './contract.ts';
import { keepProvisioned } from './provisioned-views.ts';
import { viewRoutes } from './routes.ts';
import { ViewBook } from './view-book.ts';

export type { View } from './contract.ts';

/** The room of saved views: pages with their parameters under a name. */
export function createViewsRoom(
  platform: Platform,
): Room & { views: { list(caller: Pick<Caller, 'kind' | 'id' | 'name' | 'scope' | 'permissions'>): Promise<View[]> } } {
  const book = new ViewBook(platform);
  return {
    name: 'views',
    routes: (app) => viewRoutes(app, book),
    start: () => keepProvisioned(platform),
    views: { list: (caller) => book.list(caller) },
  };
}
