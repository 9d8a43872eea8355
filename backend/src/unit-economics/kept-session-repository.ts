import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { dayMs } from '../cost/index.ts';
import type { Frame } from './frame-sql.ts';
import {
  keepSessionDaysSql,
  keepSharedSessionsSql,
  keepTopSessionsSql,
  sharedSessionsSql,
} from './kept-session-sql.ts';
import type { ModelFactor } from './session-factors.ts';
import { linkOf } from './session-links.ts';
import { factorSql } from './session-sql.ts';
import { dayName } from './unit-day-marks.ts';

/** Sessions that days share, and their days; where there are more, pages of sessions are worked out of all of them. */
const maxShared = { sessions: 2_000, days: 20_000 };

interface SessionDays {
  frame: Frame;
  region: string;
  /** Days to be kept, and those that are, with their ids. */
  ids: ReadonlyMap<number, string>;
  known: ReadonlyMap<number, string>;
  factors: readonly ModelFactor[];
  timeoutMs: number;
}

/** Keeps the sessions of days: how their cost spreads, the costliest, and those that the days share with each other. */
export async function keepSessions(warehouse: Warehouse, keeping: SessionDays, scope: Scope): Promise<void> {
  const { frame, region, ids, timeoutMs } = keeping;
  const home = region === '' ? warehouse : warehouse.in(region);
  const write = (sql: string, days: ReadonlyMap<number, string>, linked: readonly number[] = []) =>
    home.command(sql, {
      params: {
        ...{ tenant: scope.tenant, region, linked },
        ...{ days: [...days.keys()].map(dayName), ids: [...days.values()] },
      },
      settings: { max_execution_time: timeoutMs / 1000 },
    });
  const own = spanning(frame, ids);
  const all = new Map([...keeping.known, ...ids]);
  const whole = spanning(frame, all);
  const factor = factorSql(whole, keeping.factors);
  const shared = factor && (await sharedSessions(warehouse, own, whole, keeping, scope));
  if (factor && shared) {
    await write(keepTopSessionsSql({ ...whole, days: [...ids.keys()] }, factor), ids);
    if (shared.length > 0) await write(keepSharedSessionsSql(whole, factor, shared), all);
  }
  await write(keepSessionDaysSql(own), ids, shared ? [...all.values()].map(linkOf) : []);
}

/** Undefined where there are too many. */
async function sharedSessions(
  warehouse: Warehouse,
  own: Frame,
  whole: Frame,
  { timeoutMs }: SessionDays,
  scope: Scope,
): Promise<string[] | undefined> {
  const sql = sharedSessionsSql(own, whole, maxShared.sessions + 1);
  const { rows } = await warehouse.query<{ number: string; days: number }>(sql, { scope, timeoutMs });
  const days = rows.reduce((sum, row) => sum + row.days, 0);
  if (rows.length > maxShared.sessions || days > maxShared.days) return undefined;
  return rows.map(({ number }) => number);
}

/** The frame of these days alone, without filters. */
function spanning(frame: Frame, ids: ReadonlyMap<number, string>): Frame {
  const days = [...ids.keys()];
  const span = { from: Math.min(...days) * dayMs, to: (Math.max(...days) + 1) * dayMs };
  return { ...frame, filters: [], span, previous: span, days };
}
