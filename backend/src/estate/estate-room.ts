import { join } from 'node:path';
import type { Platform, Room } from '../platform/platform.ts';
import { loadEstate, type EstateDoors } from './load-estate.ts';
import { shopSource } from './shop-source.ts';
import type { WorkloadSource } from '../workloads/index.ts';

const DAY_MS = 86_400_000;

export interface EstateRoomDoors extends Omit<EstateDoors, 'keepTraffic'> {
  /** Reads the shop for any range and keeps it. */
  keepFrom(source: WorkloadSource, range: { from: Date; to: Date }): Promise<void>;
  /** Has the shop read every minute from now on. */
  addSource(source: WorkloadSource): void;
}

/** The generated estate: loaded when the service starts, and a day longer every day. Does nothing unless it is enabled. */
export function createEstateRoom(platform: Platform, doors: EstateRoomDoors, onProgress: (text: string) => void): Room {
  const { config, clock, warehouse, store, telemetry } = platform;
  if (!config.estate.enabled) return { name: 'estate' };
  const source = shopSource(config.estate.seed);
  const load = (tell: (text: string) => void): Promise<boolean> =>
    loadEstate({
      tenant: 'default',
      region: config.prometheus.region,
      seed: config.estate.seed,
      days: config.estate.days,
      scratchDir: join(config.dataDir, 'estate'),
      clock,
      warehouse,
      store,
      doors: { ...doors, keepTraffic: (from, to) => doors.keepFrom(source, { from, to }) },
      onProgress: tell,
    });
  let loaded = false;
  return {
    name: 'estate',
    start: async () => {
      loaded = (await store.withLock('estate', () => load(onProgress))) ?? false;
      if (loaded) doors.addSource(source);
      else telemetry.log.warn('The stores hold data of their own: the estate is not loaded');
    },
    loops: [
      {
        name: 'estate',
        everyMs: DAY_MS,
        offsetMs: 15 * 60_000,
        run: async () => {
          if (loaded) await load((text) => telemetry.log.info(text));
        },
      },
    ],
  };
}
