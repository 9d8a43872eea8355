import { AppError } from '../platform/errors/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { RevenueAnswer, RevenueLine } from './contract.ts';
import { dayText, overlapOf, readLines, type Revenue } from './revenue-line.ts';
import * as repository from './revenue-repository.ts';

const shownProblems = 200;

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
  async keep(lines: readonly { line: number; fields: RevenueLine }[], caller: Caller): Promise<RevenueAnswer> {
    const { revenues, problems } = readLines(lines);
    if (problems.length > 0)
      throw new AppError('UNPROCESSABLE', `${problems.length} of ${lines.length} lines are wrong; nothing was kept.`, {
        extra: { lines: problems.slice(0, shownProblems) },
      });
    const periods = [...new Set(revenues.map(({ from, to }) => `${from} ${to}`))].sort();
    const { store, audit, clock } = this.#parts;
    const { tenant } = caller.scope;
    return store.transaction(async (tx) => {
      await repository.lockTenant(tx, tenant);
      let unchanged = true;
      for (const period of periods) {
        const [from = '', to = ''] = period.split(' ');
        const own = revenues.filter((line) => line.from === from && line.to === to);
        if (same(await repository.listPeriod(tx, tenant, from, to), own)) continue;
        unchanged = false;
        await repository.deletePeriod(tx, tenant, from, to);
        await repository.insertLines(tx, tenant, own, caller.name, clock.now());
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
      const lines = await repository.deletePeriod(tx, tenant, period.from, period.to);
      if (lines === 0) throw new AppError('NOT_FOUND', 'There is no revenue of that period.');
      const actor = { id: caller.id, name: caller.name };
      await audit.record(
        { tenant, actor, action: 'revenue.removed', target: `revenue:${period.from}/${period.to}`, before: { lines } },
        tx,
      );
    });
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
