import type { Platform } from '../platform/platform.ts';
import type { Store } from '../platform/store/index.ts';
import * as agreements from './agreement-repository.ts';
import { diffPrices } from './price-diff.ts';
import { samePrice, versionKey } from './price-file.ts';
import type { Commitment, Discount, PriceEntry } from './price-entry.ts';
import * as repository from './price-repository.ts';
import type { NewVersion } from './price-repository.ts';
import { saveRates } from './rate-repository.ts';
import type { WrittenPrices } from './yaml-prices.ts';

const system = { id: 'system:provisioning', name: 'Configuration' };
const shared = '';

/**
 * Brings the shared book to what the release ships and the configuration says: new prices open, changed ones supersede, what
 * was taken out ends now. Repeating it changes nothing.
 */
export async function provisionPrices(
  platform: Pick<Platform, 'store' | 'audit' | 'clock'>,
  list: readonly NewVersion[],
  written: WrittenPrices,
): Promise<void> {
  const { store, audit, clock } = platform;
  await store.transaction(async (tx) => {
    await repository.lockBook(tx, shared);
    const now = clock.now();
    const book = await repository.loadOwnPrices(tx, shared);
    const changes = {
      list: await provisionList(tx, book, list, now),
      entries: await provisionEntries(tx, book, written.entries, now),
      discounts: await provisionDiscounts(tx, written.discounts, now),
      commitments: await provisionCommitments(tx, written.commitments, now),
      rates: await saveRates(tx, shared, written.rates),
    };
    const { rates, ...prices } = changes;
    if (Object.values(prices).some((count) => count > 0)) await repository.raiseVersion(tx, shared);
    if (Object.values(prices).some((count) => count > 0) || rates > 0) {
      const event = { tenant: 'default', actor: system, action: 'prices.provisioned', target: 'prices:shared' };
      await audit.record({ ...event, after: changes }, tx);
    }
  });
}

/** A list price that a release changes holds from the start of that release. */
async function provisionList(
  tx: Store,
  book: readonly PriceEntry[],
  list: readonly NewVersion[],
  now: Date,
): Promise<number> {
  const { added, changed, gone } = diffPrices(book, list);
  const close = (reason: string) => ({ to: now.toISOString(), reason, by: system, at: now });
  const old = changed.map(({ before }) => before.id);
  if (old.length > 0) await repository.closePrices(tx, old, close('another list price'));
  if (gone.length > 0)
    await repository.closePrices(
      tx,
      gone.map(({ id }) => id),
      close('no longer listed'),
    );
  const next = changed.map(({ before, after }) => ({ ...after, validFrom: now.toISOString(), supersedes: before.id }));
  await repository.insertPrices(tx, [...added, ...next], system, now);
  return added.length + next.length + gone.length;
}

/** The configuration says the whole of its prices, past ones included: what it says differently was a mistake. */
async function provisionEntries(
  tx: Store,
  book: readonly PriceEntry[],
  wanted: readonly NewVersion[],
  now: Date,
): Promise<number> {
  const kept = new Set<string>();
  const missing = wanted.filter((version) => {
    const same = book.find(
      (entry) =>
        entry.source === 'yaml' &&
        !kept.has(entry.id) &&
        versionKey(entry) === versionKey(version) &&
        entry.validFrom === version.validFrom &&
        entry.validTo === version.validTo &&
        entry.note === version.note &&
        samePrice(entry, version),
    );
    if (same) kept.add(same.id);
    return !same;
  });
  const names = new Set(wanted.map(versionKey));
  const old = book.filter((entry) => entry.source === 'yaml' && !kept.has(entry.id));
  for (const entry of old) {
    const replaced = names.has(versionKey(entry));
    const to = replaced ? entry.validFrom : now.toISOString();
    const reason = replaced ? 'the configuration says otherwise' : 'no longer in the configuration';
    await repository.closePrices(tx, [entry.id], { to, reason, by: system, at: now });
  }
  await repository.insertPrices(tx, missing, system, now);
  return missing.length + old.length;
}

async function provisionDiscounts(tx: Store, wanted: readonly Omit<Discount, 'id'>[], now: Date): Promise<number> {
  const present = (await agreements.loadDiscounts(tx, shared)).filter(fromYaml);
  const { missing, old } = compared(
    present,
    wanted,
    now,
    ({ kind, provider, item, percent, validFrom, validTo, note }) =>
      JSON.stringify([kind, provider, item, Number(percent), validFrom, validTo, note]),
  );
  for (const each of missing) await agreements.insertDiscount(tx, { ...each, source: 'yaml' }, system, now);
  for (const each of old) await agreements.endAgreement(tx, shared, each.id, now.toISOString());
  return missing.length + old.length;
}

async function provisionCommitments(tx: Store, wanted: readonly Omit<Commitment, 'id'>[], now: Date): Promise<number> {
  const present = (await agreements.loadCommitments(tx, shared)).filter(fromYaml);
  const { missing, old } = compared(present, wanted, now, (each) =>
    JSON.stringify([
      each.type,
      each.kind,
      each.provider,
      each.item,
      Number(each.amount),
      each.currency,
      Number(each.units),
      each.prepaid,
      each.validFrom,
      each.validTo,
      each.note,
    ]),
  );
  for (const each of missing) await agreements.insertCommitment(tx, { ...each, source: 'yaml' }, system, now);
  for (const each of old) await agreements.endAgreement(tx, shared, each.id, now.toISOString());
  return missing.length + old.length;
}

function fromYaml({ source }: { source: string }): boolean {
  return source === 'yaml';
}

/** What is to be added, and what still holds although nobody wants it any more. */
function compared<K extends W & { id: string; validTo: string | null }, W extends object>(
  present: readonly K[],
  wanted: readonly W[],
  now: Date,
  text: (each: W) => string,
): { missing: W[]; old: K[] } {
  const there = new Set(present.map(text));
  const asked = new Set(wanted.map(text));
  return {
    missing: wanted.filter((each) => !there.has(text(each))),
    old: present.filter(
      (each) => !asked.has(text(each)) && (each.validTo === null || Date.parse(each.validTo) > now.getTime()),
    ),
  };
}
