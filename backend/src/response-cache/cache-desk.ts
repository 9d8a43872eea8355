import { Decimal } from 'decimal.js';
import { AppError } from '../platform/errors/index.ts';
import { Gathering } from '../platform/collections/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { replacePersonal } from '../privacy/index.ts';
import type { Feedback, Statistics } from './contract.ts';
import { flush, hitOf, insertObservations } from './entry-repository.ts';
import { keepFeedback } from './feedback-repository.ts';

/** Sums over calls through the gateway, by dimensions. */
export interface UsagePort {
  usage(
    query: {
      from: Date;
      to: Date;
      dims: readonly string[];
      filters: readonly { dim: string; values: readonly string[] }[];
      limit: number;
    },
    scope: Scope,
  ): Promise<{ currency: string; rows: readonly UsageRow[] }>;
}
interface UsageRow {
  keys: Readonly<Record<string, string>>;
  calls: number;
  saved: string;
}

type Learned = Parameters<typeof insertObservations>[1][number];

export interface Writer {
  caller: Caller;
  traceId: string;
}

const usualSpanMs = 3_600_000;
const mostGroups = 400;
const shownPolicies = 100;
const mostSaidAtOnce = 50;
const mostSaidWaiting = 5_000;
const kinds = ['exact', 'semantic', 'embedding'] as const;
const commentKinds = new Set(['email', 'phone', 'card', 'iban', 'koreanId', 'apiKey'] as const);

/** What people do with caches: see what they save, make answers invalid, say whether answers were good. */
export class CacheDesk {
  readonly #platform: Pick<Platform, 'store' | 'audit' | 'clock' | 'warehouse'>;
  readonly #usage: UsagePort;
  readonly #said = new Gathering<Feedback & Writer, boolean>({
    what: 'feedback',
    work: (batch) => this.#keepSaid(batch),
    most: mostSaidAtOnce,
    mostWaiting: mostSaidWaiting,
  });

  constructor(platform: Pick<Platform, 'store' | 'audit' | 'clock' | 'warehouse'>, usage: UsagePort) {
    this.#platform = platform;
    this.#usage = usage;
  }

  /** @throws AppError VALIDATION_FAILED where `from` is not before `to` */
  async statistics(query: { from?: string; to?: string }, scope: Scope): Promise<Statistics> {
    const to = query.to === undefined ? this.#platform.clock.now() : new Date(query.to);
    const from = query.from === undefined ? new Date(to.getTime() - usualSpanMs) : new Date(query.from);
    if (from >= to) throw new AppError('VALIDATION_FAILED', 'Correct: /from must lie before /to.');
    const { currency, rows } = await this.#usage.usage(
      { from, to, dims: ['policy', 'cache'], filters: [], limit: mostGroups },
      scope,
    );
    const names = [...new Set(rows.map(({ keys }) => keys['policy'] ?? ''))].filter((name) => name !== '');
    const policies = names
      .map((policy) => ({
        policy,
        ...counted(
          rows.filter(({ keys }) => keys['policy'] === policy),
          currency,
        ),
      }))
      .sort((one, other) => other.calls - one.calls || (one.policy < other.policy ? -1 : 1));
    return {
      ...{ from: from.toISOString(), to: to.toISOString() },
      total: counted(rows, currency),
      policies: policies.slice(0, shownPolicies),
    };
  }

  /** @throws AppError FORBIDDEN for who does not see all of the tenant: answers are shared among all of it */
  async flush(
    what: { policy?: string; tag?: string },
    { caller, traceId }: Writer,
  ): Promise<{ dropped: number; at: string }> {
    const { store, audit, clock } = this.#platform;
    const { tenant, ...parts } = caller.scope;
    if (Object.values(parts).some((part) => part !== 'all'))
      throw new AppError('FORBIDDEN', 'Only who sees all of the tenant may make its answers invalid.');
    const at = clock.now();
    return store.transaction(async (tx) => {
      const dropped = await flush(tx, { tenant, ...what }, at);
      const after = { ...what, dropped };
      await audit.record(
        {
          tenant,
          actor: caller,
          traceId,
          action: 'gateway-cache.flush',
          target: `gateway-cache:${what.policy ?? '*'}`,
          after,
        },
        tx,
      );
      return { dropped, at: at.toISOString() };
    });
  }

  /**
   * Keeps what is said of an answer; what many say at once is written together.
   * @returns whether the semantic cache learned from it @throws AppError NOT_FOUND where the caller does not see the call
   */
  async feedback(said: Feedback, { caller, traceId }: Writer): Promise<boolean> {
    await this.#mustSee(said.requestId, caller.scope);
    return this.#said.add({ ...said, caller, traceId });
  }

  /**
   * Rows are locked in the order of their keys, then the audit log, then what the semantic cache learns: no two processes wait for
   * each other, and gateways that write what they have learned wait for no audit log.
   */
  #keepSaid(batch: readonly (Feedback & Writer)[]): Promise<boolean[]> {
    const { store, audit, clock } = this.#platform;
    const at = clock.now();
    const sorted = [...batch].sort((one, other) => compareText(rowOf(one), rowOf(other)));
    return store.transaction(async (tx) => {
      const learned = new Map<Feedback, Learned | undefined>();
      for (const one of sorted) {
        const { requestId, rating, comment, caller } = one;
        const { tenant } = caller.scope;
        const good = rating === 'up';
        const masked =
          comment === undefined ? {} : { comment: replacePersonal(comment, commentKinds, (kind) => `[${kind}]`) };
        const isNew = await keepFeedback(tx, { tenant, requestId, author: caller.id, good, ...masked, at });
        const hit = isNew ? await hitOf(tx, tenant, requestId) : undefined;
        learned.set(one, hit && { tenant, ...hit, correct: good, source: 'feedback', at });
      }
      for (const { requestId, rating, caller, traceId } of batch) {
        const { tenant } = caller.scope;
        const [action, target] = ['gateway-feedback.give', `gateway-call:${requestId}`];
        await audit.record({ tenant, actor: caller, traceId, action, target, after: { rating } }, tx);
      }
      await insertObservations(
        tx,
        [...learned.values()].filter((one) => one !== undefined),
      );
      return batch.map((one) => learned.get(one) !== undefined);
    });
  }

  /** Who sees all of the tenant may speak of a call that the warehouse does not know yet. */
  async #mustSee(requestId: string, scope: Scope): Promise<void> {
    const { tenant: _, ...parts } = scope;
    if (Object.values(parts).every((part) => part === 'all')) return;
    const { rows } = await this.#platform.warehouse.query<{ RequestId: string }>(
      'SELECT RequestId FROM fact_llm_request WHERE RequestId = {id:String} LIMIT 1',
      { params: { id: requestId }, scope },
    );
    if (rows.length === 0) throw new AppError('NOT_FOUND', `There is no call ${requestId} that you may see.`);
  }
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function rowOf({ requestId, caller }: Feedback & Writer): string {
  return JSON.stringify([caller.scope.tenant, requestId, caller.id]);
}

function counted(rows: readonly UsageRow[], currency: string): Statistics['total'] {
  const calls = (kind?: string): number =>
    rows.filter(({ keys }) => kind === undefined || keys['cache'] === kind).reduce((sum, one) => sum + one.calls, 0);
  const all = calls();
  const [exact, semantic, embedding] = kinds.map((kind) => calls(kind)) as [number, number, number];
  const hits = exact + semantic + embedding;
  const saved = rows.reduce((sum, one) => sum.plus(one.saved), new Decimal(0));
  return {
    calls: all,
    hits,
    hitRate: all === 0 ? 0 : hits / all,
    exact,
    semantic,
    embedding,
    saved: saved.toFixed(),
    currency,
  };
}
