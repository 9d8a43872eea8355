import { Decimal } from 'decimal.js';
import type { LiveCall } from './contract.ts';

/** A try as the warehouse hands it out. */
export interface TryRow {
  /** Of the call. */
  id: string;
  requestId: string;
  started: string | number;
  model: string;
  status: string;
  team: string;
  product: string;
  customer: string;
  feature: string;
  environment: string;
  session: string;
  tags: Readonly<Record<string, string>>;
  inputTokens: number;
  outputTokens: number;
  firstToken: number | null;
  duration: number | null;
  cost: string;
  currency: string;
  formula: string;
}

/** No call is tried for longer where its policy does not say so. */
export const longestCallMs = 10 * 60_000;

/**
 * @param rows tries in the order of time
 * @param openSince a failed try that ended before, in milliseconds since the epoch, is not waited for any more
 * @returns their calls, newest first, each with what was tried and why
 */
export function callsOf(rows: readonly TryRow[], openSince: number): LiveCall[] {
  const byCall = new Map<string, TryRow[]>();
  for (const row of rows) byCall.set(row.id, [...(byCall.get(row.id) ?? []), row]);
  return [...byCall.values()]
    .map((tries) => callOf(tries, openSince))
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.id < b.id ? -1 : 1));
}

function partOf({ tags }: TryRow): string {
  return tags['gateway.cascade'] ?? '';
}

/** The try that decides what came of the call: the one that answered, else the last. */
function decisive(rows: readonly TryRow[]): TryRow {
  const tries = rows.filter((row) => partOf(row) !== 'judge');
  // The span may begin after all others.
  if (tries.length === 0) return rows.at(-1)!;
  const escalated = tries.filter((row) => partOf(row) === 'escalated');
  const after = escalated.length > 0 ? escalated : tries;
  return after.findLast(({ status }) => endOf(status) === 'ok') ?? tries.at(-1)!;
}

function endOf(status: string): string {
  return status === '' ? 'ok' : status;
}

function stateOf({ status, tags, started, duration }: TryRow, openSince: number): string {
  const isOpen = tags['gateway.passed_on'] === 'true' && Number(started) + (duration ?? 0) > openSince;
  return isOpen ? 'open' : endOf(status);
}

function callOf(tries: readonly TryRow[], openSince: number): LiveCall {
  const first = tries[0]!;
  const last = decisive(tries);
  const { tags } = first;
  const began = Number(first.started);
  const sum = (of: (row: TryRow) => number): number => tries.reduce((all, row) => all + of(row), 0);
  return {
    id: first.id,
    at: new Date(began).toISOString(),
    status: stateOf(last, openSince),
    policy: tags['gateway.policy'] ?? '',
    version: tags['gateway.policy_version'] ?? '',
    asked: tags['gateway.asked'] ?? '',
    route: last.tags['gateway.route'] ?? '',
    why: tags['gateway.why'] ?? '',
    ...{ team: first.team, product: first.product, customer: first.customer, feature: first.feature },
    ...{ environment: first.environment, session: first.session },
    ...(tags['gateway.personal'] === undefined ? {} : { personal: tags['gateway.personal'].split(' ') }),
    promptTokens: Number(tags['gateway.prompt_tokens'] ?? first.inputTokens),
    keyId: tags['gateway.key'] ?? '',
    cache: tags['gateway.cache'] ?? '',
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cost: tries.reduce((all, { cost }) => all.plus(cost), new Decimal(0)).toFixed(),
    saved: savedOf(tags['gateway.saved']),
    currency: last.currency || first.currency,
    ...timesOf(tries, last),
    tags: Object.fromEntries(Object.entries(tags).filter(([name]) => !name.startsWith('gateway.'))),
    tries: tries.map((row, index) => ({
      number: index + 1,
      ...(partOf(row) === 'judge' ? { judge: true } : {}),
      route: row.tags['gateway.route'] ?? '',
      model: row.model,
      why: row.tags['gateway.why'] ?? '',
      status: endOf(row.status),
      at: new Date(Number(row.started)).toISOString(),
      ...(row.firstToken === null ? {} : { firstTokenMs: row.firstToken }),
      ...(row.duration === null ? {} : { durationMs: row.duration }),
      inputTokens: row.inputTokens,
      outputTokens: row.outputTokens,
      estimated: row.tags['gateway.estimated'] === 'true',
      cost: new Decimal(row.cost).toFixed(),
      formula: row.formula,
    })),
  };
}

/** Milliseconds since the call began. A cheap answer was held back until it was whole and, by a judge, marked. */
function timesOf(tries: readonly TryRow[], last: TryRow): Pick<LiveCall, 'firstTokenMs' | 'durationMs'> {
  const began = Number(tries[0]!.started);
  const endOf = ({ started, duration }: TryRow): number => Number(started) - began + (duration ?? 0);
  if (partOf(last) === 'cheap' && last.duration !== null) {
    const durationMs = Math.max(endOf(last), ...tries.filter((row) => partOf(row) === 'judge').map(endOf));
    return last.firstToken === null ? { durationMs } : { firstTokenMs: durationMs, durationMs };
  }
  return {
    ...(last.firstToken === null ? {} : { firstTokenMs: Number(last.started) - began + last.firstToken }),
    ...(last.duration === null ? {} : { durationMs: endOf(last) }),
  };
}

function savedOf(text: string | undefined): string {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? new Decimal(text).toFixed() : '0';
}
