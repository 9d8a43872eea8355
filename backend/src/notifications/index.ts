import type { Room } from '../platform/platform.ts';
import { notificationRoutes, type Needed } from './routes.ts';

export type { Channels, Deliveries } from './contract.ts';

/** Lists the channels and sends test messages. */
export function createNotificationsRoom(platform: Needed): Room {
  return { name: 'notifications', routes: (app) => notificationRoutes(app, platform) };
}
