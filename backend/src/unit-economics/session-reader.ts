import { exact } from '../platform/amounts/index.ts';
import type { AnswerFrame } from './answer-frame.ts';
import { sessionTotal, type ModelFactor, type SessionTotal } from './session-factors.ts';
import {
  costliestSessionsSql,
  factorSql,
  joinedSessionsSql,
  sessionSpreadSql,
  sessionSumsSql,
  sessionsSql,
} from './session-sql.ts';
import { dayName } from './unit-day-repository.ts';
import type { SessionRow, Spread } from './unit-repository.ts';
import { dayMs, type Span } from '../cost/index.ts';

interface Page {
  limit: number;
  offset: number;
}

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
export async function readSessions(answer: AnswerFrame, page: Page): Promise<Sessions> {
  const { frame, reads, units } = answer;
  const [factors, days, [spread]] = await Promise.all([
    units.factors(),
    sessionDays(answer),
    reads.read<Spread>(sessionSpreadSql(frame)),
  ]);
  const of = ({ from, to }: Span) =>
    sessionTotal(days, factors, { from: dayName(from / dayMs), to: dayName(to / dayMs) });
  return {
    ...(await readPage(answer, factors, page)),
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

/** Which sessions are on the page is told to a billionth of the currency; what they cost is exact. */
async function readPage(
  { frame, reads }: AnswerFrame,
  factors: readonly ModelFactor[],
  { limit, offset }: Page,
): Promise<Pick<Sessions, 'rows' | 'groups'>> {
  const factor = factorSql(frame, factors);
  if (factor === undefined) {
    const rows = await reads.read<SessionRow & { groups: string }>(joinedSessionsSql(frame), { limit, offset });
    return { rows, groups: Number(rows[0]?.groups ?? 0) };
  }
  const [found] = await reads.read<{ groups: string; numbers: string[] }>(
    costliestSessionsSql(frame, factor, offset + limit),
  );
  const numbers = (found?.numbers ?? []).slice(offset).map(BigInt);
  const groups = Number(found?.groups ?? 0);
  if (numbers.length === 0) return { rows: [], groups };
  return { rows: await reads.read<SessionRow>(sessionsSql(frame, factor, numbers)), groups };
}
