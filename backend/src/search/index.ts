import type { Platform, Room } from '../platform/platform.ts';
import { NameIndex } from './name-index.ts';
import type { SearchPorts } from './ports.ts';
import { searchRoutes } from './routes.ts';
import { Search } from './search.ts';

/** The room that finds things by their names, on whatever page they are. */
export function createSearchRoom(platform: Platform, ports: SearchPorts): Room {
  const search = new Search(platform, ports);
  const index = new NameIndex(platform);
  return {
    name: 'search',
    routes: (app) => searchRoutes(app, search),
    loops: [{ name: 'search-names', everyMs: 20_000, offsetMs: 3_000, run: (signal) => index.turn(signal) }],
  };
}
