import { isDeepStrictEqual } from 'node:util';
import { ConfigError, type ViewSettings } from '../platform/config/index.ts';
import { wholeTenant } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { problemOf, scopeOf, tidied, type KeptView } from './saved-view.ts';
import * as repository from './view-repository.ts';

type Ground = Pick<Platform, 'audit' | 'clock' | 'config' | 'store'>;

const keeper = { id: 'system:configuration', name: 'Configuration' };

/**
 * Brings the views of the configuration into the store, shared with everybody who
 * sees their regions: new ones are created, changed ones changed,
 * and those that the file no longer names are deleted. The same file again changes nothing.
 * @throws ConfigError naming everything that is wrong with them
 */
export async function keepProvisioned({ store, config, audit, clock }: Ground): Promise<void> {
  const problems = problemsOf(config.views);
  if (problems.length > 0) throw new ConfigError(problems);
  await store.transaction(async (tx) => {
    // Two replicas start at once: the second waits, and finds nothing to do.
    await tx.query("SELECT pg_advisory_xact_lock(hashtext('views:provisioned'))");
    const kept = await repository.listProvisioned(tx);
    const record = (tenant: string, action: string, id: string, change: { before?: KeptView; after?: KeptView }) =>
      audit.record({ tenant, actor: keeper, action, target: `view:${id}`, ...change }, tx);
    // What is gone goes first: its name may have been given to another.
    const named = new Set(config.views.map(keyOf));
    for (const view of kept.filter((one) => !named.has(keyOf(one)))) {
      await repository.deleteView(tx, view);
      await record(view.tenant, 'view.deleted', view.id, { before: contentOf(view) });
    }
    for (const settings of config.views) {
      const { id, tenant = 'default', ...input } = settings;
      const named = tidied({ ...input, shared: true });
      const content = { ...named, scope: scopeOf(wholeTenant(tenant), named, settings.regions)! };
      const before = kept.find((view) => keyOf(view) === keyOf(settings));
      if (before && isDeepStrictEqual(contentOf(before), content)) continue;
      await repository.keepView(tx, { ...content, tenant, id, owner: keeper, origin: 'file', at: clock.now() });
      const action = before ? 'view.changed' : 'view.created';
      await record(tenant, action, id, { ...(before ? { before: contentOf(before) } : {}), after: content });
    }
  });
}

function contentOf({ name, page, params, shared, scope }: KeptView): KeptView {
  return { name, page, params, shared, scope };
}

function keyOf({ tenant = 'default', id }: { tenant?: string; id: string }): string {
  return `${tenant}/${id}`;
}

function problemsOf(views: readonly ViewSettings[]): string[] {
  return views.flatMap((settings, index) => {
    const before = views.slice(0, index).filter(({ tenant = 'default' }) => tenant === (settings.tenant ?? 'default'));
    const problem = problemOf(tidied(settings));
    const problems = [
      ...(before.some(({ id }) => id === settings.id) ? ['its id stands twice'] : []),
      ...(before.some(({ name }) => name.trim().toLowerCase() === settings.name.trim().toLowerCase())
        ? ['its name stands twice']
        : []),
      ...(problem === undefined ? [] : [problem]),
    ];
    return problems.map((text) => `views.${index} (${settings.id}): ${text}`);
  });
}
