import { exact, exactText } from '../platform/amounts/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { answerFrame, spanFields, type AnswerFrame } from './answer-frame.ts';
import { AnswerMemo } from './answer-memo.ts';
import {
  addSums,
  breakdownRow,
  jobSums,
  quantilesOf,
  sessionSums,
  sessionTotalSums,
  sortSums,
  sumsByKey,
  type UnitSums,
} from './breakdown.ts';
import { cardOf, gpuCard, jobCard, modelCard, shareText, valueCard, type CardParts } from './cards.ts';
import type {
  Breakdown,
  BreakdownQuery,
  BreakdownRow,
  Card,
  Cards,
  CardsQuery,
  Drivers,
  DriversQuery,
} from './contract.ts';
import { driverDims, driversOf } from './drivers.ts';
import { revenueByCustomer } from './margin.ts';
import type { UnitEconomicsPorts } from './ports.ts';
import { billOnlyNames, selectionOf } from './selection.ts';
import { readSessions } from './session-reader.ts';
import type { UnitRow } from './unit-repository.ts';
import type { UnitKey } from './unit-sql.ts';

/** Leaves of one answer: what two periods have by the dimensions, service, SKU and unit. */
const maxLeaves = 150_000;

/** Answers what one costs, and why that changed, within a caller's scope. */
export class UnitQueries {
  readonly #platform: Platform;
  readonly #ports: UnitEconomicsPorts;
  /** Answers as they were worked out before. */
  readonly memo: AnswerMemo;

  constructor(platform: Platform, ports: UnitEconomicsPorts) {
    this.#platform = platform;
    this.#ports = ports;
    this.memo = new AnswerMemo(platform.clock, () => platform.config.warehouse.cacheSeconds);
  }

  /** @throws AppError VALIDATION_FAILED, QUERY_LIMIT, UNAVAILABLE */
  async cards(asked: CardsQuery, scope: Scope, signal?: AbortSignal): Promise<Cards> {
    const answer = await this.frame(asked, scope, signal);
    return this.memo.answer(answer, ['cards'], scope, async () => (await this.#cards(answer)).cards);
  }

  /** The cards of requests, sessions and customers, and all customers with what they leave, read together. */
  async product(
    asked: CardsQuery,
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<{ cards: Cards; customers: Pick<BreakdownRow, 'key' | 'revenue' | 'margin'>[] }> {
    const answer = await this.frame(asked, scope, signal);
    const [{ cards, customers }, margin] = await Promise.all([
      this.memo.answer(answer, ['product'], scope, () => this.#cards(answer, ['request', 'session', 'customer'])),
      this.#margin(answer, scope),
    ]);
    const sums = sumsByKey(customers.filter((row) => row.day === undefined));
    addMargin(answer, sums, margin);
    const earned = ({ key, revenue, margin: left }: BreakdownRow) => ({
      key,
      ...(revenue === undefined ? {} : { revenue }),
      ...(left === undefined ? {} : { margin: left }),
    });
    return { cards, customers: [...sums.values()].map((row) => earned(breakdownRow(row, false, false))) };
  }

  /** All cards, or those that are named, without what GPUs cost and teams lack; and the rows of customers behind theirs. */
  async #cards(
    answer: AnswerFrame,
    only?: readonly Card['id'][],
  ): Promise<{ cards: Cards; customers: readonly UnitRow[] }> {
    const { frame, reads, units, withUsage, covered } = answer;
    const byUsage = covered.usage;
    const byBill = covered.bills || (frame.drops.length === 0 && covered.usage);
    const wanted = (id: Card['id']) => only === undefined || only.includes(id);
    const valued = (
      [
        ['customer', 'x_Customer'],
        ['feature', 'x_Feature'],
        ['version', 'ModelVersion'],
        ['stage', 'x_Environment'],
      ] as const
    ).filter(([id]) => wanted(id));
    const keys = valued.map(([, key]) => key);
    const [{ models: days, rows }, jobs, { spend, gpus }] = await Promise.all([
      units.days(keys),
      wanted('job') ? reads.jobSums(frame).then((sums) => [jobCard(sums, byBill)]) : [],
      only === undefined ? units.spend() : { spend: [], gpus: [] },
    ]);
    const ofValues = valued.map(([id], at) => valueCard(id, rows[at] ?? [], byBill));
    const ofGpus = wanted('gpu-hour') ? [gpuCard(gpus, byBill)] : [];
    const ofModels = (['tokens', 'request', 'session', 'model'] as const)
      .filter(wanted)
      .map((id) => modelCard(id, days, byUsage, undefined));
    const parts: CardParts[] = [...ofModels, ...ofValues, ...jobs, ...ofGpus];
    const unknown = billOnlyNames(frame.filters);
    const needsUsage = new Set(['tokens', 'request', 'session', 'model']);
    const cards = parts.map((part) => {
      const unavailable =
        !withUsage && needsUsage.has(part.id) ? `Requests and tokens are not known by ${unknown}.` : undefined;
      const { currency } = frame.exchange;
      return cardOf(part, { currency, freshness: answer.freshness, ...(unavailable ? { unavailable } : {}) });
    });
    const present = spend.filter(({ period }) => period === 0);
    const gross = sum(present.map((day) => day.gross));
    const whole = {
      ...spanFields(answer),
      cards,
      unspread: exactText(sum(days.filter(({ period }) => period === 0).map(({ unspread }) => unspread))),
      ...(gross === 0n ? {} : { withoutTeamShare: shareText(sum(present.map((day) => day.grossWithoutTeam)), gross) }),
    };
    return { cards: whole, customers: rows[keys.indexOf('x_Customer')] ?? [] };
  }

  /** @throws AppError VALIDATION_FAILED, QUERY_LIMIT, UNAVAILABLE */
  async breakdown(asked: BreakdownQuery, scope: Scope, signal?: AbortSignal): Promise<Breakdown> {
    const answer = await this.frame(asked, scope, signal);
    const page = { limit: asked.limit ?? 50, offset: asked.offset ?? 0 };
    const { by, sort } = asked;
    const work = () => {
      if (by === 'session') return this.#sessions(answer, page);
      if (by === 'job') return this.#jobs(answer, { ...page, byChange: sort === 'change' });
      return this.#values(answer, by, { ...page, sort: sort ?? 'cost' }, scope);
    };
    // The margin of customers stands on revenue and rules besides.
    return by === 'x_Customer' ? work() : this.memo.answer(answer, ['breakdown', by, sort, page], scope, work);
  }

  async #values(
    answer: AnswerFrame,
    key: UnitKey,
    page: { limit: number; offset: number; sort: NonNullable<BreakdownQuery['sort']> },
    scope: Scope,
  ): Promise<Breakdown> {
    const { frame, reads, units, withUsage, covered } = answer;
    const [[rows = []], request, margin] = await Promise.all([
      units.rows([key]),
      withUsage ? reads.requestSpread(frame) : undefined,
      key === 'x_Customer' ? this.#margin(answer, scope) : undefined,
    ]);
    const sums = sumsByKey(rows);
    if (margin) addMargin(answer, sums, margin);
    const sorted = sortSums([...sums.values()], page.sort);
    const shown = sorted.slice(page.offset, page.offset + page.limit);
    const hasPrevious = covered.bills || (frame.drops.length === 0 && covered.usage);
    const requests = quantilesOf(request);
    const next = page.offset + page.limit;
    return {
      ...spanFields(answer),
      by: key,
      rows: shown.map((row) => breakdownRow(row, hasPrevious, withUsage)),
      total: breakdownRow(addSums(sorted), hasPrevious, withUsage),
      groups: sorted.length,
      distribution: requests === undefined ? {} : { request: requests },
      unspread: exactText(sum(rows.filter(({ period }) => period === 0).map(({ unspread }) => unspread))),
      ...(next < sorted.length ? { nextOffset: next } : {}),
    };
  }

  /** @throws AppError VALIDATION_FAILED, QUERY_LIMIT, UNAVAILABLE */
  async drivers(asked: DriversQuery, scope: Scope, signal?: AbortSignal): Promise<Drivers> {
    const dims = driverDims(asked.dims);
    return this.driversOf(await this.frame(asked, scope, signal), dims, asked.limit ?? 20, scope);
  }

  /** The same of a frame. @throws AppError QUERY_LIMIT, UNAVAILABLE */
  driversOf(answer: AnswerFrame, dims: string[], limit: number, scope: Scope): Promise<Drivers> {
    return this.memo.answer(answer, ['drivers', dims, limit], scope, () => this.#drivers(answer, dims, limit));
  }

  async #drivers(answer: AnswerFrame, dims: string[], limit: number): Promise<Drivers> {
    if (!answer.covered.bills)
      answer.notices.push({
        severity: 'info',
        text: 'The bills do not reach back over the whole period before: part of the change is that they began.',
      });
    const leaves = await answer.reads.driverLeaves(answer.frame, dims);
    if (leaves.length > maxLeaves)
      throw new AppError(
        'QUERY_LIMIT',
        `The change has ${leaves.length} parts; at most ${maxLeaves} are compared. Filter, or name fewer dimensions.`,
      );
    return { ...driversOf(leaves, dims, limit), ...spanFields(answer), dims };
  }

  /** What the statements of an answer stand on. */
  async frame(asked: CardsQuery, scope: Scope, signal?: AbortSignal): Promise<AnswerFrame> {
    const { range, from, to, currency, metric, filter } = asked;
    const picked = { range, from, to, currency, metric, filter };
    const given = Object.fromEntries(Object.entries(picked).filter(([, value]) => value !== undefined)) as CardsQuery;
    const selection = selectionOf(given, this.#platform.clock.now());
    return answerFrame(this.#platform, this.#ports, selection, scope, signal);
  }

  /** Revenue of each customer, and without filters who bears shared cost. */
  async #margin(answer: AnswerFrame, scope: Scope): Promise<Margin> {
    const { frame } = answer;
    const asked = {
      from: new Date(frame.span.from),
      to: new Date(frame.span.to),
      by: 'x_Customer' as const,
      metric: frame.metric,
      withoutModels: true,
      ...(frame.exchange.currency === '' ? {} : { currency: frame.exchange.currency }),
    };
    const [known, report] = await Promise.all([
      revenueByCustomer(this.#ports, answer, frame.span, scope),
      frame.filters.length > 0 ? undefined : this.#ports.allocation.report(asked, scope),
    ]);
    return { known, report };
  }

  async #sessions(answer: AnswerFrame, page: { limit: number; offset: number }): Promise<Breakdown> {
    const { frame, reads, withUsage, covered } = answer;
    const [found, request] = withUsage
      ? await Promise.all([readSessions(answer, page), reads.requestSpread(frame)])
      : [undefined, undefined];
    const groups = found?.groups ?? 0;
    const [sessions, requests] = [quantilesOf(found?.spread), quantilesOf(request)];
    return {
      ...spanFields(answer),
      by: 'session',
      rows: (found?.rows ?? []).map((row) => breakdownRow(sessionSums(row), false, true)),
      total: breakdownRow(
        { ...sessionTotalSums(found?.total, groups), previousCost: found?.before?.cost ?? 0n },
        withUsage && covered.usage,
        true,
      ),
      groups,
      distribution: {
        ...(sessions === undefined ? {} : { session: sessions }),
        ...(requests === undefined ? {} : { request: requests }),
      },
      unspread: '0',
      ...nextOf(page, groups),
    };
  }

  async #jobs(answer: AnswerFrame, page: { limit: number; offset: number; byChange: boolean }): Promise<Breakdown> {
    const rows = await answer.reads.jobRows(answer.frame, page);
    const first = rows[0];
    const groups = Number(first?.groups ?? 0);
    const hasPrevious = answer.covered.bills;
    const total = first
      ? jobSums({ ...first, cost: first.totalCost, previousCost: first.totalPrevious, gpuHours: first.totalHours })
      : addSums([]);
    return {
      ...spanFields(answer),
      by: 'job',
      rows: rows.map((row) => breakdownRow(jobSums(row), hasPrevious, false)),
      total: breakdownRow({ ...total, key: '' }, hasPrevious, false),
      groups,
      distribution: {},
      unspread: '0',
      ...nextOf(page, groups),
    };
  }
}

interface Margin {
  known: Awaited<ReturnType<typeof revenueByCustomer>>;
  report: Awaited<ReturnType<UnitEconomicsPorts['allocation']['report']>> | undefined;
}

/** Shared cost by the allocation rules, and revenue, beside the cost of each customer. */
function addMargin({ frame, notices }: AnswerFrame, sums: Map<string, UnitSums>, { known, report }: Margin): void {
  if (report === undefined) {
    if (known)
      notices.push({
        severity: 'info',
        text: 'Revenue and shared cost are those of the whole customer and are left out while filters are set.',
      });
    return;
  }
  const rowOf = (customer: string): UnitSums => {
    const row = sums.get(customer) ?? addSums([]);
    row.key = customer;
    sums.set(customer, row);
    return row;
  };
  for (const { owner, shared } of report.rows)
    if (shared.length > 0) rowOf(owner).shared = sum(shared.map(({ amount }) => exact(amount)));
  for (const [customer, amount] of known?.revenue ?? []) rowOf(customer).revenue = amount;
  if (known && known.left.length > 0)
    notices.push({
      severity: 'warning',
      text: `Revenue in ${known.left.join(', ')} is left out: no rate to ${frame.exchange.currency} is known on every day of the range.`,
    });
}

function nextOf({ limit, offset }: { limit: number; offset: number }, groups: number): { nextOffset?: number } {
  return offset + limit < groups ? { nextOffset: offset + limit } : {};
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((all, value) => all + value, 0n);
}
