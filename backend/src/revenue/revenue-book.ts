import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { RevenueAnswer } from './contract.ts';
import { dayText, overlapOf, readLines, type NumberedLine, type Revenue } from './revenue-line.ts';
import * as repository from './revenue-repository.ts';

const shownProblems = 200;
const tenantOfFiles = 'default';
/** As whose import a period of the configuration is kept; nobody else is called so. */
export const keeper = 'system:configuration';
const configuration = { id: keeper, name: 'Configuration' };

/** Keeps what customers paid. */
export class RevenueBook {
  readonly #parts: Pick<Platform, 'store' | 'audit' | 'clock'>;

  constructor(parts: Pick<Platform, 'store' | 'audit' | 'clock'>) {
    this.#parts = parts;
  }

  /**
   * Puts the lines in the place of all that stood for their periods. Sending them again changes nothing.
   * @throws AppError UNPROCESSABLE with the lines that are wrong, or where periods of a customer overlap: nothing is kept
   */
  async keep(lines: readonly NumberedLine[], caller: Caller): Promise<RevenueAnswer> {
    const { revenues, problems } = readLines(lines);
    if (problems.length > 0)
      throw new AppError('UNPROCESSABLE', `${problems.length} of ${lines.length} lines are wrong; nothing was kept.`, {
        extra: { lines: problems.slice(0, shownProblems) },
      });
    const periods = [...new Set(revenues.map(({ from, to }) => `${from} ${to}`))].sort();
    const { store, audit, clock } = this.#parts;
    const { tenant } = caller.scope;
    const importedBy = caller.name === keeper ? caller.id : caller.name;
    return store.transaction(async (tx) => {
      await repository.lockTenant(tx, tenant);
      const kept = await provisionedPeriods(tx, tenant);
      const own = periods.find((period) => kept.has(period));
      if (own !== undefined) throw inConfiguration(own);
      let unchanged = true;
      for (const period of periods) {
        const [from = '', to = ''] = period.split(' ');
        const own = revenues.filter((line) => line.from === from && line.to === to);
        if (same(await repository.listPeriod(tx, tenant, from, to), own)) continue;
        unchanged = false;
        await repository.deletePeriod(tx, tenant, from, to);
        await repository.insertLines(tx, tenant, own, importedBy, clock.now());
      }
      if (!unchanged) {
        await refuseOverlaps(tx, tenant, revenues);
        const actor = { id: caller.id, name: caller.name };
        const after = { periods, lines: revenues.length };
        await audit.record({ tenant, actor, action: 'revenue.imported', target: 'revenue', after }, tx);
      }
      return { kept: revenues.length, periods, unchanged };
    });
  }

  /** @throws AppError NOT_FOUND */
  async remove(period: { from: string; to: string }, caller: Caller): Promise<void> {
    const { store, audit } = this.#parts;
    const { tenant } = caller.scope;
    await store.transaction(async (tx) => {
      await repository.lockTenant(tx, tenant);
      const name = `${period.from} ${period.to}`;
      if ((await provisionedPeriods(tx, tenant)).has(name)) throw inConfiguration(name);
      const lines = await repository.deletePeriod(tx, tenant, period.from, period.to);
      if (lines === 0) throw new AppError('NOT_FOUND', 'There is no revenue of that period.');
      const actor = { id: caller.id, name: caller.name };
      await audit.record(
        { tenant, actor, action: 'revenue.removed', target: `revenue:${period.from}/${period.to}`, before: { lines } },
        tx,
      );
    });
  }

  /**
   * Puts the lines of the configuration in the place of those that it had before; periods that it names no longer go. Resolves
   * with why nothing was changed, as sentences; none where the store is as the configuration says.
   */
  async provision(revenues: readonly Revenue[]): Promise<string[]> {
    const { store, audit, clock } = this.#parts;
    const tenant = tenantOfFiles;
    const byPeriod = Map.groupBy(revenues, ({ from, to }) => `${from} ${to}`);
    return store
      .transaction(async (tx) => {
        await repository.lockTenant(tx, tenant);
        const importers = await repository.listImporters(tx, tenant);
        const others = importers.filter(
          ({ from, to, importedBy }) => importedBy !== keeper && byPeriod.has(`${from} ${to}`),
        );
        if (others.length > 0)
          return others.map(
            ({ from, to, importedBy }) =>
              `The revenue of ${from} to ${to} was imported by ${importedBy} already; remove it (DELETE /api/revenue) or leave it out of the configuration.`,
          );
        const record = async (action: string, period: string, change: object) =>
          audit.record(
            { tenant, actor: configuration, action, target: `revenue:${period.replace(' ', '/')}`, ...change },
            tx,
          );
        let changed = false;
        for (const { from, to, importedBy } of importers) {
          if (importedBy !== keeper || byPeriod.has(`${from} ${to}`)) continue;
          const lines = await repository.deletePeriod(tx, tenant, from, to);
          await record('revenue.removed', `${from} ${to}`, { before: { lines } });
        }
        for (const [period, own] of byPeriod) {
          const [from = '', to = ''] = period.split(' ');
          if (same(await repository.listPeriod(tx, tenant, from, to), own)) continue;
          changed = true;
          await repository.deletePeriod(tx, tenant, from, to);
          await repository.insertLines(tx, tenant, own, keeper, clock.now());
          await record('revenue.imported', period, { after: { lines: own.length } });
        }
        if (changed) await refuseOverlaps(tx, tenant, revenues);
        return [];
      })
      .catch((error: unknown) => {
        if (isAppError(error) && error.status < 500) return [error.message];
        throw error;
      });
  }

  /** Days of the periods that the configuration keeps. */
  async provisioned(tenant: string): Promise<{ from: string; to: string }[]> {
    const importers = await repository.listImporters(this.#parts.store, tenant);
    return importers.filter(({ importedBy }) => importedBy === keeper);
  }

  periods(tenant: string): Promise<repository.PeriodRow[]> {
    return repository.listPeriods(this.#parts.store, tenant);
  }

  /** Revenue is told of the whole tenant; who sees only some teams or products is told none. */
  async between(span: { from: number; to: number }, scope: Scope): Promise<Revenue[]> {
    if (scope.teams !== 'all' || scope.products !== 'all' || scope.regions !== 'all') return [];
    return repository.listBetween(this.#parts.store, scope.tenant, dayText(span.from), dayText(span.to - 1));
  }
}

async function provisionedPeriods(tx: Platform['store'], tenant: string): Promise<ReadonlySet<string>> {
  const importers = await repository.listImporters(tx, tenant);
  return new Set(importers.filter(({ importedBy }) => importedBy === keeper).map(({ from, to }) => `${from} ${to}`));
}

function inConfiguration(period: string): AppError {
  return new AppError('CONFLICT', `The revenue of ${period.replace(' ', ' to ')} is kept in the configuration.`, {
    help: 'Change it there: under `revenue.lines`, or in the files of `revenue.folder`.',
  });
}

async function refuseOverlaps(tx: Platform['store'], tenant: string, lines: readonly Revenue[]): Promise<void> {
  const from = lines.reduce((least, line) => (line.from < least ? line.from : least), lines[0]!.from);
  const to = lines.reduce((most, line) => (line.to > most ? line.to : most), lines[0]!.to);
  const overlap = overlapOf(await repository.listBetween(tx, tenant, from, to));
  if (overlap === undefined) return;
  const { one, other } = overlap;
  throw new AppError(
    'UNPROCESSABLE',
    `Revenue of ${one.customer} would count twice: ${one.from} to ${one.to} and ${other.from} to ${other.to} share days. Nothing was kept.`,
    { help: 'Remove one of the periods (DELETE /api/revenue), or send lines that do not overlap.' },
  );
}

function same(one: readonly Revenue[], other: readonly Revenue[]): boolean {
  const text = (lines: readonly Revenue[]) =>
    JSON.stringify(lines.map(({ customer, currency, amount }) => JSON.stringify([customer, currency, amount])).sort());
  return text(one) === text(other);
}
