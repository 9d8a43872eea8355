import type { Audit } from '../platform/audit/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import { ConfigError, type Config } from '../platform/config/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { ScalingSettings, ScalingUpdate, SettingsView } from './contract.ts';
import { defaultSettings, problemsOf } from './scaling-settings.ts';
import { findSettings, listSettings, removeSettings, saveSettings, type SettingsRow } from './settings-repository.ts';

export type ScalingActor = Pick<Caller, 'id' | 'name' | 'scope'> & { traceId?: string };

interface Parts {
  store: Store;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  config: Pick<Config, 'scaling'>;
}

const keeper = { id: 'system:configuration', name: 'Configuration' };
const mostWorkloads = 5_000;

/** Settings of workloads: those of the file, those of people, and the defaults for all others. */
export class SettingsDesk {
  readonly #parts: Parts;
  readonly #defaults: ScalingSettings;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#defaults = { ...defaultSettings, ...parts.config.scaling.defaults };
  }

  /** Settings of all workloads of a tenant, to be asked of many times in one turn. */
  async lookUp(tenant: string): Promise<(workload: string) => { settings: ScalingSettings; isSet: boolean }> {
    const rows = await listSettings(this.#parts.store, tenant);
    const known = new Map(rows.map((row) => [row.workload, this.#whole(row)]));
    return (workload) => {
      const settings = known.get(workload);
      return settings ? { settings, isSet: true } : { settings: this.#defaults, isSet: false };
    };
  }

  async get(workload: string, tenant: string): Promise<SettingsView> {
    const row = await findSettings(this.#parts.store, tenant, workload);
    if (!row) return { workload, settings: this.#defaults, origin: 'default', version: 0 };
    return { workload, settings: this.#whole(row), origin: row.origin, version: row.version };
  }

  /** What is not sent stays as it is. @throws AppError VALIDATION_FAILED, CONFLICT, FORBIDDEN for those of the file */
  async change(workload: string, update: ScalingUpdate, actor: ScalingActor): Promise<SettingsView> {
    const { store, clock, audit } = this.#parts;
    const { tenant } = actor.scope;
    const { version, reason, ...sent } = update;
    await store.transaction(async (tx) => {
      const before = await findSettings(tx, tenant, workload);
      if (before?.origin === 'file') {
        throw new AppError('FORBIDDEN', `${workload} is set in the configuration file.`, {
          help: 'Change it under scaling.workloads there.',
        });
      }
      if (!before && (await listSettings(tx, tenant)).length >= mostWorkloads) {
        throw new AppError('UNPROCESSABLE', `${mostWorkloads} workloads have settings already.`);
      }
      const settings = { ...before?.settings, ...sent };
      this.#checked({ ...this.#defaults, ...settings });
      const by = { id: actor.id, name: actor.name };
      const row = { tenant, workload, settings, origin: 'api' as const, updatedBy: by, at: clock.now() };
      if ((before?.version ?? 0) !== version || !(await saveSettings(tx, row, version))) {
        throw new AppError('CONFLICT', `The settings of ${workload} were changed meanwhile.`, {
          help: 'Read them again and repeat what you want.',
        });
      }
      await audit.record(
        {
          ...{ tenant, actor: by, action: 'scaling.settings_changed', target: `scaling:${workload}`, reason },
          ...(before ? { before: before.settings } : {}),
          after: settings,
          ...(actor.traceId === undefined ? {} : { traceId: actor.traceId }),
        },
        tx,
      );
    });
    return this.get(workload, tenant);
  }

  /** Brings the settings of the file into the store; those that it no longer names go. The same file changes nothing. */
  async keepConfigured(): Promise<void> {
    const { store, config } = this.#parts;
    await store.transaction(async (tx) => {
      // Two replicas start at once: the second waits, and finds nothing to do.
      await tx.query("SELECT pg_advisory_xact_lock(hashtext('scaling:settings'))");
      const named = config.scaling.workloads;
      const kept = await listSettings(tx);
      const wanted = new Set(named.map(({ tenant = 'default', workload }) => `${tenant} ${workload}`));
      for (const one of named) await this.#keepOne(tx, kept, one);
      for (const row of kept) {
        if (row.origin !== 'file' || wanted.has(`${row.tenant} ${row.workload}`)) continue;
        await removeSettings(tx, row.tenant, row.workload);
        await this.#note(tx, row, 'scaling.settings_removed', { before: row.settings });
      }
    });
  }

  async #keepOne(
    tx: Store,
    kept: readonly SettingsRow[],
    { tenant = 'default', workload, ...settings }: Config['scaling']['workloads'][number],
  ): Promise<void> {
    const problems = problemsOf({ ...this.#defaults, ...settings });
    if (problems.length > 0) throw new ConfigError(problems.map((text) => `scaling.workloads (${workload}): ${text}`));
    const before = kept.find((row) => row.tenant === tenant && row.workload === workload);
    if (before?.origin === 'file' && sameText(before.settings, settings)) return;
    const row = { tenant, workload, settings, origin: 'file' as const, updatedBy: keeper, at: this.#parts.clock.now() };
    await saveSettings(tx, row, before?.version ?? 0);
    await this.#note(tx, row, 'scaling.settings_changed', {
      ...(before ? { before: before.settings } : {}),
      after: settings,
    });
  }

  async #note(
    tx: Store,
    { tenant, workload }: { tenant: string; workload: string },
    action: string,
    change: { before?: unknown; after?: unknown },
  ): Promise<void> {
    await this.#parts.audit.record({ tenant, actor: keeper, action, target: `scaling:${workload}`, ...change }, tx);
  }

  #whole(row: SettingsRow): ScalingSettings {
    return { ...this.#defaults, ...row.settings };
  }

  #checked(settings: ScalingSettings): void {
    const problems = problemsOf(settings);
    if (problems.length > 0)
      throw new AppError('VALIDATION_FAILED', `The settings do not fit together: ${problems.join('; ')}.`);
  }
}

/** Equal as JSON, whatever the order of the keys. */
function sameText(a: object, b: object): boolean {
  const text = (value: object): string => JSON.stringify(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)));
  return text(a) === text(b);
}
