import { isDeepStrictEqual } from 'node:util';
import { ConfigError, type BudgetSettings } from '../platform/config/index.ts';
import type { Platform } from '../platform/platform.ts';
import { problemsOf, tidied, type Budget } from './budget.ts';
import * as repository from './budget-repository.ts';
import type { BudgetInput } from './contract.ts';

type Ground = Pick<Platform, 'audit' | 'clock' | 'config' | 'store' | 'notifier'>;

const keeper = { id: 'system:configuration', name: 'Configuration' };

/**
 * Brings the budgets of the configuration into the store: new ones are created, changed ones changed, and those that the
 * file no longer names are deleted; their history stays. The same file again changes nothing.
 * @throws ConfigError naming everything that is wrong with them
 */
export async function keepProvisioned(ground: Ground, samples: readonly BudgetSettings[]): Promise<void> {
  const named = ground.config.budgets;
  const problems = checked(named, ground.notifier.channels);
  if (problems.length > 0) throw new ConfigError(problems);
  await ground.store.transaction(async (tx) => {
    // Two replicas start at once: the second waits, and finds nothing to do.
    await tx.query("SELECT pg_advisory_xact_lock(hashtext('budgets:provisioned'))");
    const kept = await repository.listBudgets(tx);
    for (const settings of named) await keepOne({ ...ground, store: tx }, kept, settings, 'file');
    const ids = new Set(named.map(keyOf));
    const gone = kept.filter((budget) => budget.origin === 'file' && !ids.has(keyOf(budget)));
    for (const budget of gone) await removeOne({ ...ground, store: tx }, budget);
    for (const settings of samples) {
      if (await repository.isKnown(tx, settings.tenant ?? 'default', settings.id)) continue;
      await keepOne({ ...ground, store: tx }, kept, settings, 'sample');
    }
  });
}

function keyOf({ tenant, id }: { tenant?: string; id: string }): string {
  return `${tenant ?? 'default'}/${id}`;
}

function checked(named: readonly BudgetSettings[], channels: readonly string[]): string[] {
  const seen = new Set<string>();
  return named.flatMap((settings, index) => {
    const twice = seen.has(keyOf(settings)) ? [`id ${settings.id} stands twice`] : [];
    const sameName = named.some(
      (other, place) =>
        place < index &&
        (other.tenant ?? 'default') === (settings.tenant ?? 'default') &&
        other.name.toLowerCase() === settings.name.toLowerCase(),
    );
    seen.add(keyOf(settings));
    return [
      ...twice,
      ...(sameName ? [`name ${settings.name} stands twice`] : []),
      ...problemsOf(settings, channels),
    ].map((problem) => `budgets.${index} (${settings.id}): ${problem}`);
  });
}

async function keepOne(
  { store, clock, audit }: Ground,
  kept: readonly Budget[],
  { id, tenant = 'default', ...input }: BudgetSettings,
  origin: 'file' | 'sample',
): Promise<void> {
  const settings: BudgetInput = tidied(input);
  const before = kept.find((budget) => budget.tenant === tenant && budget.id === id);
  if (before?.origin === origin && isDeepStrictEqual(plain(before.settings), plain(settings))) return;
  const at = clock.now();
  await repository.insertBudget(store, { tenant, id, settings, origin, by: keeper, at });
  const kind = before === undefined ? 'created' : 'changed';
  const change = { ...(before === undefined ? {} : { before: before.settings }), after: settings };
  await repository.insertEvent(
    store,
    { tenant, id },
    { kind, text: `${kind === 'created' ? 'Created' : 'Changed'} by the configuration.`, at, by: keeper, ...change },
  );
  await audit.record({ tenant, actor: keeper, action: `budget.${kind}`, target: `budget:${id}`, ...change }, store);
}

async function removeOne({ store, clock, audit }: Ground, budget: Budget): Promise<void> {
  const { tenant, id } = budget;
  const at = clock.now();
  await repository.deleteBudget(store, budget, at);
  const event = { kind: 'deleted', text: 'The configuration no longer names it.', at, by: keeper };
  await repository.insertEvent(store, budget, { ...event, before: budget.settings });
  await audit.record(
    { tenant, actor: keeper, action: 'budget.deleted', target: `budget:${id}`, before: budget.settings },
    store,
  );
}

/** As it comes back from the store. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
