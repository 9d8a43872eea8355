import type { Store } from '../platform/store/index.ts';
import type { LearnedRoute } from './router.ts';

/** What one gateway told of one route. */
export interface ToldRoute extends LearnedRoute {
  instance: string;
  toldAt: Date;
}

/** Keeps what a gateway has learned; what nobody has told for a day is forgotten. */
export async function tellRoutes(
  store: Store,
  instance: string,
  routes: readonly LearnedRoute[],
  at: Date,
): Promise<void> {
  await store.query(
    `INSERT INTO routing_route_state (instance, route, state, told_at)
     SELECT $1, route, state, $4 FROM unnest($2::text[], $3::jsonb[]) AS told (route, state)
     ON CONFLICT (instance, route) DO UPDATE SET state = EXCLUDED.state, told_at = EXCLUDED.told_at`,
    [instance, routes.map(({ route }) => route), routes.map((one) => JSON.stringify(one)), at],
  );
  await store.query("DELETE FROM routing_route_state WHERE told_at < $1::timestamptz - interval '1 day'", [at]);
}

/** What gateways have told since then. */
export async function toldRoutes(store: Store, since: Date): Promise<ToldRoute[]> {
  const rows = await store.query<{ instance: string; state: LearnedRoute; toldAt: Date }>(
    `SELECT instance, state, told_at AS "toldAt" FROM routing_route_state WHERE told_at >= $1
     ORDER BY route, instance LIMIT 20000`,
    [since],
  );
  return rows.map(({ instance, state, toldAt }) => ({ ...state, instance, toldAt }));
}
