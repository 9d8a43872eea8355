import { AppError } from '../platform/errors/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { Rule, StoredRule } from './contract.ts';
import { ruleProblem } from './rule.ts';
import * as repository from './rule-repository.ts';

/** Rules of a tenant; each is compared with every line of a report. */
const maxRules = 200;
/** Configuration files speak for the tenant that every Grafana has. */
const fileTenant = 'default';
const fileActor = { id: 'file', name: 'Configuration file' };

type Parts = Pick<Platform, 'store' | 'audit' | 'clock'>;

/** Keeps the rules that split shared costs. */
export class Rules {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  list(tenant: string): Promise<StoredRule[]> {
    return repository.listRules(this.#parts.store, tenant);
  }

  /** @throws AppError VALIDATION_FAILED, CONFLICT where the name is taken, UNPROCESSABLE for one rule too many */
  async create(rule: Rule, caller: Caller): Promise<StoredRule> {
    checked(rule);
    const { store, audit, clock } = this.#parts;
    const { tenant } = caller.scope;
    return store.transaction(async (tx) => {
      if ((await repository.countRules(tx, tenant)) >= maxRules)
        throw new AppError('UNPROCESSABLE', `There are ${maxRules} rules already; remove one first.`);
      const kept = await repository.insertRule(tx, { tenant, rule, origin: 'api', by: caller.name, at: clock.now() });
      if (kept === undefined) throw nameTaken(rule);
      await audit.record({ ...about(caller, kept), action: 'allocation-rule.created', after: rule }, tx);
      return kept;
    });
  }

  /** @throws AppError as `create`, NOT_FOUND, CONFLICT where it was changed meanwhile or stands in a file */
  async update(id: number, version: number, rule: Rule, caller: Caller): Promise<StoredRule> {
    checked(rule);
    const { store, audit, clock } = this.#parts;
    const { tenant } = caller.scope;
    return store.transaction(async (tx) => {
      const before = await changeable(tx, tenant, id);
      if (before.version !== version)
        throw new AppError('CONFLICT', 'The rule was changed meanwhile.', {
          help: 'Load it again and repeat the edit.',
        });
      const kept = await repository.updateRule(tx, { tenant, id, rule, by: caller.name, at: clock.now() });
      if (kept === undefined) throw nameTaken(rule);
      const event = { ...about(caller, kept), action: 'allocation-rule.changed', before: ruleOf(before), after: rule };
      await audit.record(event, tx);
      return kept;
    });
  }

  /** @throws AppError NOT_FOUND, CONFLICT where it stands in a file */
  async remove(id: number, caller: Caller): Promise<void> {
    const { store, audit } = this.#parts;
    const { tenant } = caller.scope;
    await store.transaction(async (tx) => {
      const before = await changeable(tx, tenant, id);
      await repository.deleteRule(tx, tenant, id);
      const event = { ...about(caller, before), action: 'allocation-rule.removed', before: ruleOf(before) };
      await audit.record(event, tx);
    });
  }

  /**
   * Makes the rules of origin `file` those of the configuration; what is equal is not touched.
   * @throws AppError VALIDATION_FAILED naming the rule that is wrong, CONFLICT where people gave its name to one of theirs
   */
  async takeOver(rules: readonly Rule[]): Promise<void> {
    for (const rule of rules) checked(rule, `allocation.rules: ${rule.name}: `);
    const { store, audit, clock } = this.#parts;
    const at = clock.now();
    await store.transaction(async (tx) => {
      const present = await repository.listRules(tx, fileTenant);
      const event = (rule: StoredRule) => ({
        tenant: fileTenant,
        actor: fileActor,
        target: `allocation-rule:${rule.id}`,
      });
      for (const old of present.filter(({ origin }) => origin === 'file')) {
        if (rules.some(({ name }) => name === old.name)) continue;
        await repository.deleteRule(tx, fileTenant, old.id);
        await audit.record({ ...event(old), action: 'allocation-rule.removed', before: ruleOf(old) }, tx);
      }
      for (const rule of rules) {
        const old = present.find(({ name }) => name === rule.name);
        if (old?.origin === 'api') throw nameTaken(rule);
        if (old && sameText(old) === sameText(rule)) continue;
        const asked = { tenant: fileTenant, rule, by: fileActor.name, at };
        const kept = old
          ? await repository.updateRule(tx, { ...asked, id: old.id })
          : await repository.insertRule(tx, { ...asked, origin: 'file' });
        if (kept === undefined) throw nameTaken(rule);
        const action = old ? 'allocation-rule.changed' : 'allocation-rule.created';
        const before = old ? { before: ruleOf(old) } : {};
        await audit.record({ ...event(kept), action, ...before, after: rule }, tx);
      }
    });
  }
}

const fields = [
  ...([
    'name',
    'description',
    'target',
    'position',
    'enabled',
    'match',
    'except',
    'method',
    'base',
    'weights',
  ] as const),
  ...(['owners', 'exclude', 'effectiveFrom', 'effectiveTo'] as const),
];

/** A rule without what the store adds, its fields in one order. */
function ruleOf(rule: Rule): Rule {
  const whole = { ...rule, enabled: rule.enabled !== false };
  return Object.fromEntries(
    fields.filter((field) => whole[field] !== undefined).map((field) => [field, whole[field]]),
  ) as Rule;
}

/** Equal for equal rules: the store does not keep the order of fields. */
function sameText(rule: Rule): string {
  const sorted = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return JSON.stringify(ruleOf(rule), sorted);
}

function checked(rule: Rule, prefix = ''): void {
  const problem = ruleProblem(rule);
  if (problem !== undefined) throw new AppError('VALIDATION_FAILED', `${prefix}${problem}`);
}

async function changeable(tx: Platform['store'], tenant: string, id: number): Promise<StoredRule> {
  const rule = await repository.findRule(tx, tenant, id);
  if (rule === undefined) throw new AppError('NOT_FOUND', 'There is no such allocation rule.');
  if (rule.origin === 'file')
    throw new AppError('CONFLICT', 'The rule stands in the configuration file.', {
      help: 'Change `allocation.rules` there and start the service again.',
    });
  return rule;
}

function nameTaken(rule: Rule): AppError {
  return new AppError('CONFLICT', `Another rule is called ${rule.name}.`, {
    help: 'Give each rule a name of its own.',
  });
}

function about(caller: Caller, rule: StoredRule) {
  return {
    tenant: caller.scope.tenant,
    actor: { id: caller.id, name: caller.name },
    target: `allocation-rule:${rule.id}`,
  };
}
