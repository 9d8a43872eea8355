import type { Platform } from '../platform/platform.ts';
import * as ledger from './drop-ledger.ts';
import { removeOldStaging, removeRows, visibleDrops } from './drop-repository.ts';
import { stagingPrefix } from './staging-reader.ts';

/** Longer than any query may run that still reads a version which was replaced meanwhile. */
const graceMs = 3_600_000;

/** Removes the rows of versions that were replaced and of tries that were given up. */
export async function removeOldDrops({ store, warehouse, telemetry }: Platform, now: Date): Promise<void> {
  for (const home of warehouse.homes) await removeOldStaging(home, stagingPrefix);
  await ledger.abandonLeft(store, now);
  const candidates = await ledger.listRemovable(store, new Date(now.getTime() - graceMs));
  if (candidates.length === 0) return;
  // The warehouse has the last word: a crash may have come between becoming visible and being written down as such.
  const visible = await visibleDrops(warehouse, candidates);
  if (visible.length > 0) await ledger.keepVisible(store, visible, now);
  const removed = candidates.filter((id) => !visible.includes(id));
  if (removed.length === 0) return;
  for (const home of warehouse.homes) await removeRows(home, removed);
  await ledger.forgetDrops(store, removed);
  telemetry.log.info({ drops: removed.length }, 'Replaced versions of bills are removed');
}
