import { exact } from '../platform/amounts/index.ts';
import type { AnswerFrame } from './answer-frame.ts';
import { keptSessionPageSql } from './kept-session-sql.ts';
import { areLinked } from './session-links.ts';
import { sessionTotal, type ModelFactor, type SessionTotal } from './session-factors.ts';
import {
  costliestSessionsSql,
  factorSql,
  joinedSessionsSql,
  sessionSumsSql,
  sessionsSql,
  type SessionPage,
} from './session-sql.ts';
import { dayName } from './unit-day-marks.ts';
import type { SessionRow, Spread } from './unit-repository.ts';
import { dayMs, type Span } from '../cost/index.ts';

export interface Sessions {
  rows: SessionRow[];
  /** How many there are. */
  groups: number;
  /** Of the present span and of the one before; undefined without sessions. */
  total: SessionTotal | undefined;
  before: SessionTotal | undefined;
  spread: Spread | undefined;
}

/** Sessions with their cost, the costliest first: the estimate of each request times the factor of its model and day. */
export async function readSessions(answer: AnswerFrame, page: SessionPage): Promise<Sessions> {
  const { frame, units } = answer;
  const [known, spreads] = [units.factors(), units.sessionSpread()];
  const [factors, days, spread, shown] = await Promise.all([
    known,
    sessionDays(answer),
    spreads,
    keptPage(answer, known, spreads, page).then(async (kept) => kept ?? readPage(answer, await known, page)),
  ]);
  const of = ({ from, to }: Span) =>
    sessionTotal(days, factors, { from: dayName(from / dayMs), to: dayName(to / dayMs) });
  return {
    ...shown,
    ...{ total: of(frame.span), before: of(frame.previous), spread },
  };
}

async function sessionDays({ frame, reads }: AnswerFrame) {
  interface Row {
    day: string;
    place: number;
    estimate: string;
    requests: string;
    tokens: string;
  }
  const rows = await reads.read<Row>(sessionSumsSql(frame, reads.seesAll));
  return rows.map(({ day, place, estimate, requests, tokens }) => ({
    ...{ day, place, estimate: exact(estimate), requests: BigInt(requests), tokens: BigInt(tokens) },
  }));
}

/** Days that a page works out beside those that are kept: today, and yesterday where usage came late. */
const maxWorkedDays = 2;

/** The page by what is kept of its days; undefined where that does not tell it. */
async function keptPage(
  { frame, reads, units }: AnswerFrame,
  known: Promise<readonly ModelFactor[]>,
  spreads: ReturnType<AnswerFrame['units']['sessionSpread']>,
  page: SessionPage,
): Promise<Page | undefined> {
  const found = await units.keptSpan();
  if (found === undefined || found.ids.length === 0 || found.rest.length > maxWorkedDays) return undefined;
  const { ids, rest } = found;
  const factor = rest.length === 0 ? undefined : factorSql(frame, await known);
  if (rest.length > 0 && factor === undefined) return undefined;
  const worked = factor && { rest: { ...frame, days: rest }, factor };
  const [told, spread] = await Promise.all([
    reads.read<KeptSessionRow>(keptSessionPageSql(frame, ids, page, worked)),
    spreads,
  ]);
  const rows = told.filter(({ isWorked }) => isWorked === 0);
  const linked = (spread?.links ?? []).filter(([id]) => ids.includes(id)).map(([id, links]) => ({ id, linked: links }));
  const [first] = rows;
  if (spread === undefined || first === undefined || !areLinked(linked)) return undefined;
  const { bound, repeated } = first;
  const isWhole =
    bound === null || (rows.length === page.limit && rows.every(({ rank }) => BigInt(rank) > BigInt(bound)));
  return isWhole ? { rows, groups: Number(spread.n) - Number(repeated) } : undefined;
}

type KeptSessionRow = SessionRow & { rank: string; isWorked: number; bound: string | null; repeated: string };

type Page = Pick<Sessions, 'rows' | 'groups'>;

/** Which sessions are on the page is told to a billionth of the currency; what they cost is exact. */
async function readPage(
  { frame, reads }: AnswerFrame,
  factors: readonly ModelFactor[],
  page: SessionPage,
): Promise<Page> {
  const factor = factorSql(frame, factors);
  if (factor === undefined) {
    const rows = await reads.read<SessionRow & { groups: string }>(joinedSessionsSql(frame), { ...page });
    return { rows, groups: Number(rows[0]?.groups ?? 0) };
  }
  const { rows, before: groups } = await reads.page<{ id: string }>(costliestSessionsSql(frame, factor, page));
  const numbers = rows.map(({ id }) => BigInt(id));
  if (numbers.length === 0) return { rows: [], groups };
  return { rows: await reads.read<SessionRow>(sessionsSql(frame, factor, numbers)), groups };
}
