import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Audit } from '../platform/audit/index.ts';
import { AppError } from '../platform/errors/index.ts';
import { keptToken, type Caller } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { isUniqueViolation } from '../platform/store/index.ts';
import type { RuleDiff, RuleSet, TagRules } from './contract.ts';
import { newTokenKey, openKey, sealKey } from './pii-tokens.ts';
import type { TagRulePorts } from './ports.ts';
import { compileRules, type CompiledRules } from './row-rules.ts';
import { diffOf, expiredOn, joined, noRules, problemsOf, sourcesTouched } from './rule-set.ts';
import * as repository from './tag-rule-repository.ts';
import { usualTagNames } from './tag-names.ts';

type Ground = Pick<Platform, 'clock' | 'config' | 'store' | 'telemetry'> & { audit: Pick<Audit, 'record'> };

const mostCompiled = 100;
/** The configuration holds the rules of this tenant. */
const homeTenant = 'default';

export type Actor = Pick<Caller, 'id' | 'name' | 'scope'> & { traceId?: string };

/** The rules of all tenants: those of the configuration and the saved ones, in versions. */
export class RuleBook {
  readonly #ground: Ground;
  readonly #ports: TagRulePorts;
  readonly #compiled = new Map<string, CompiledRules>();
  readonly #keys = new Map<string, Buffer>();
  readonly #sourcesOf: (tenant: string) => Promise<string[]>;

  /** @param sourcesOf names of the sources of bills that a tenant has */
  constructor(ground: Ground, ports: TagRulePorts, sourcesOf: (tenant: string) => Promise<string[]>) {
    this.#ground = ground;
    this.#ports = ports;
    this.#sourcesOf = sourcesOf;
  }

  /** Everything that is wrong with the rules of the configuration. */
  get fileProblems(): string[] {
    return problemsOf(this.#fileRules(homeTenant)).map((problem) => `tagRules.${problem}`);
  }

  /** What is in force for a tenant now. The same object while nothing changes. */
  async inForce(tenant: string): Promise<CompiledRules> {
    const version = await repository.newestVersion(this.#ground.store, tenant);
    const file = this.#fileRules(tenant);
    const known = this.#compiled.get(this.#cacheName(tenant, version));
    if (known) return known;
    const saved = (version === 0 ? undefined : await repository.findVersion(this.#ground.store, tenant, version))
      ?.rules;
    const rules = joined(file, saved ?? noRules);
    const compiled = compileRules(rules, {
      today: this.#today(),
      version: this.#versionName(tenant, version, rules),
      ...((await this.#keyFor(tenant, rules)) ?? {}),
    });
    if (this.#compiled.size >= mostCompiled) this.#compiled.clear();
    this.#compiled.set(this.#cacheName(tenant, version), compiled);
    return compiled;
  }

  /** A draft as it would be in force, the rules of the configuration before it. @throws AppError VALIDATION_FAILED */
  async draft(tenant: string, rules: RuleSet): Promise<CompiledRules> {
    checkRules(rules);
    const all = joined(this.#fileRules(tenant), rules);
    return compileRules(all, { today: this.#today(), version: 'draft', ...((await this.#keyFor(tenant, all)) ?? {}) });
  }

  /** The saved rules and those of the configuration, as people see them. */
  async read(tenant: string): Promise<TagRules> {
    const saved = await repository.findVersion(this.#ground.store, tenant);
    const file = this.#fileRules(tenant);
    const rules = saved?.rules ?? noRules;
    return {
      version: saved?.version ?? 0,
      rules,
      file,
      ...(saved ? { savedAt: saved.at.toISOString(), savedBy: saved.by } : {}),
      inForce: (await this.inForce(tenant)).version,
      expired: expiredOn(joined(file, rules), this.#today()),
      defaults: Object.fromEntries(Object.entries(usualTagNames).map(([dimension, names]) => [dimension, [...names]])),
    };
  }

  /** What a draft changes, and which sources it touches. */
  async changes(tenant: string, rules: RuleSet): Promise<{ diff: RuleDiff; affected: string[] }> {
    const saved = (await repository.findVersion(this.#ground.store, tenant))?.rules ?? noRules;
    const diff = diffOf(saved, rules);
    return { diff, affected: sourcesTouched(diff, await this.#sourcesOf(tenant)) };
  }

  /**
   * Saves a new version and has the bills that it touches read again.
   * @throws AppError VALIDATION_FAILED; CONFLICT where somebody else has saved meanwhile, or nothing changes
   */
  async save(
    rules: RuleSet,
    version: number,
    reason: string,
    actor: Actor,
  ): Promise<{ version: number; diff: RuleDiff; reloading: string[] }> {
    checkRules(rules);
    const { store, clock, audit } = this.#ground;
    const { tenant } = actor.scope;
    const { diff, affected } = await this.changes(tenant, rules);
    if (diff.length === 0) throw new AppError('CONFLICT', 'The rules are the same as before; nothing was saved.');
    const by = { id: actor.id, name: actor.name };
    const next = version + 1;
    const before = await this.inForce(tenant);
    try {
      await store.transaction(async (tx) => {
        if ((await repository.newestVersion(tx, tenant)) !== version) throw savedMeanwhile();
        await repository.insertVersion(tx, tenant, { version: next, rules, diff, reason, by, at: clock.now() });
        const isFirst = (await repository.findApplied(tx, tenant)) === undefined;
        if (isFirst) await repository.keepApplied(tx, tenant, before.version, clock.now());
        await audit.record(
          {
            tenant,
            actor: by,
            action: 'tag-rules.saved',
            target: `tag-rules:${next}`,
            reason,
            before: { version },
            after: { version: next, diff },
            ...(actor.traceId === undefined ? {} : { traceId: actor.traceId }),
          },
          tx,
        );
      });
    } catch (error) {
      throw isUniqueViolation(error) ? savedMeanwhile() : error;
    }
    await this.#reload(tenant, affected);
    return { version: next, diff, reloading: affected };
  }

  /**
   * Has the bills of every tenant read again whose rules are no longer those under which they were read: an exception expired,
   * the configuration changed, or a save was interrupted.
   */
  async catchUp(signal?: AbortSignal): Promise<void> {
    const { store, telemetry } = this.#ground;
    const tenants = new Set([homeTenant, ...(await repository.listTenants(store))]);
    for (const tenant of tenants) {
      if (signal?.aborted) return;
      try {
        await this.#catchUpOne(tenant);
      } catch (error) {
        telemetry.log.warn({ err: error, tenant }, 'The bills could not be read again under the present tag rules');
      }
    }
  }

  async #catchUpOne(tenant: string): Promise<void> {
    const { store, clock } = this.#ground;
    const { version } = await this.inForce(tenant);
    const applied = await repository.findApplied(store, tenant);
    if (applied === version) return;
    // Bills that were read before there were any rules were read as without rules.
    if (applied === undefined && version === 'v0') await repository.keepApplied(store, tenant, version, clock.now());
    else await this.#reload(tenant, undefined);
  }

  /** @param sources undefined: all of the tenant */
  async #reload(tenant: string, sources: readonly string[] | undefined): Promise<void> {
    const { store, clock } = this.#ground;
    const { version } = await this.inForce(tenant);
    const { reload } = this.#ports;
    if (reload && sources === undefined) await reload({ tenant });
    for (const source of sources ?? []) await reload?.({ tenant, source });
    await repository.keepApplied(store, tenant, version, clock.now());
  }

  #fileRules(tenant: string): RuleSet {
    if (tenant !== homeTenant) return noRules;
    const { tokenKey: _, ...rules } = this.#ground.config.tagRules;
    return rules;
  }

  #today(): string {
    return this.#ground.clock.now().toISOString().slice(0, 10);
  }

  /** Which exceptions have expired changes by the day. */
  #cacheName(tenant: string, version: number): string {
    return JSON.stringify([tenant, version, this.#today()]);
  }

  /** Changes when rows would: with the version, the configuration, and the exceptions that have expired. */
  #versionName(tenant: string, version: number, rules: RuleSet): string {
    const { protect: _, required: __, ...file } = this.#fileRules(tenant);
    const isPlain = Object.values(file).every((part) => Object.keys(part).length === 0);
    const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
    const expired = expiredOn(rules, this.#today());
    return [
      `v${version}`,
      ...(isPlain ? [] : [`f${hash(file)}`]),
      ...(expired.length === 0 ? [] : [`x${hash(expired)}`]),
    ].join('-');
  }

  async #keyFor(tenant: string, rules: RuleSet): Promise<{ key: Buffer } | undefined> {
    if (!rules.protect.some(({ action }) => action === 'token')) return undefined;
    const known = this.#keys.get(tenant);
    if (known) return { key: known };
    const { config, store, clock } = this.#ground;
    const secret = config.tagRules.tokenKey ?? keptToken(join(config.dataDir, 'tokens'), 'tagTokenKey');
    const sealed = await repository.ensureSealedKey(store, tenant, sealKey(secret, tenant, newTokenKey()), clock.now());
    const key = openKey(secret, tenant, sealed);
    if (this.#keys.size >= mostCompiled) this.#keys.clear();
    this.#keys.set(tenant, key);
    return { key };
  }
}

/** @throws AppError VALIDATION_FAILED with everything that is wrong */
function checkRules(rules: RuleSet): void {
  const problems = problemsOf(rules);
  if (problems.length > 0) throw new AppError('VALIDATION_FAILED', `Correct: ${problems.join('; ')}.`);
}

function savedMeanwhile(): AppError {
  return new AppError('CONFLICT', 'Somebody else has saved the rules meanwhile.');
}
