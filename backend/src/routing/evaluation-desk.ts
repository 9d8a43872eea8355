import { randomBytes } from 'node:crypto';
import { Decimal } from 'decimal.js';
import Type from 'typebox';
import type { LlmRequest } from '../anycost/index.ts';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { JobDefinition } from '../platform/queue/index.ts';
import { choose, type RouteFacts } from './choice.ts';
import type {
  AskedReplay,
  AskedRequest,
  ChosenPolicy,
  Evaluate,
  Explanation,
  ReplayResult,
} from './evaluation-contract.ts';
import { LivePolicies } from './live-policies.ts';
import {
  bounded,
  isFor,
  mostTries,
  routeId,
  unmet,
  type Policy,
  type PolicyRoute,
  type RoutedRequest,
} from './policy.ts';
import type { PolicyDesk } from './policy-desk.ts';
import { listLive } from './policy-repository.ts';
import { fileVersion, policyProblems } from './policy-text.ts';
import type { RoutePrices, RoutingPorts } from './ports.ts';
import { replay, type ReplayCall, type ReplayRoute } from './replay.ts';
import * as replays from './replay-repository.ts';
import { toldRoutes } from './route-repository.ts';
import { together, type RouteStatistics } from './route-statistics.ts';
import {
  behaviours,
  countCalls,
  sampledCalls,
  type KeptCall,
  type ModelBehaviour,
  type Period,
} from './traffic-repository.ts';

type Ground = Pick<Platform, 'clock' | 'config' | 'jobs' | 'store' | 'warehouse'>;

const dayMs = 86_400_000;
/** What gateways told longer ago is not how a route is now. */
export const freshMs = 5 * 60_000;
/** More are replayed as jobs. */
const mostAtOnce = 10_000;
const mostWaiting = 10;
const usualOutputTokens = 400;

const JobPayload = Type.Object({ id: Type.String() });

/** Where people ask what a policy would do: with one request, or with the calls of the last days. */
export class EvaluationDesk {
  readonly #ground: Ground;
  readonly #ports: RoutingPorts;
  readonly #policies: PolicyDesk;
  readonly #job: JobDefinition<typeof JobPayload, unknown>;

  constructor(ground: Ground, ports: RoutingPorts, policies: PolicyDesk) {
    this.#ground = ground;
    this.#ports = ports;
    this.#policies = policies;
    this.#job = {
      name: 'routing.replay',
      payload: JobPayload,
      attempts: 2,
      concurrency: 1,
      handle: ({ id }) => this.#runKept(id),
    };
    ground.jobs.define(this.#job);
  }

  /** @throws AppError VALIDATION_FAILED, NOT_FOUND, UNPROCESSABLE, QUERY_LIMIT */
  async evaluate(
    asked: Evaluate,
    caller: Caller,
  ): Promise<{ explanation?: Explanation; replay?: ReplayResult; replayId?: string }> {
    if (!asked.request && !asked.replay)
      throw new AppError('VALIDATION_FAILED', 'Send a /request to explain, or a /replay, or both.');
    const policy = asked.policy && (await this.#policyOf(asked.policy, caller));
    if (asked.replay && !policy)
      throw new AppError('VALIDATION_FAILED', 'A replay needs a /policy: its content, or the name of one.');
    const explanation = asked.request && (await this.#explain(asked.request, policy, asked.draw ?? 0.5, caller.scope));
    const rest = explanation ? { explanation } : {};
    if (!asked.replay || !policy) return rest;
    if (asked.replay.background || asked.replay.sample > mostAtOnce)
      return { ...rest, replayId: await this.#keep({ ...asked, policy: { content: policy } }, caller) };
    return { ...rest, replay: await this.#replay(asked.replay, policy, caller.scope) };
  }

  /** A replay that runs or ran as a job, told to its author and to those who see as much. @throws AppError NOT_FOUND */
  async kept(id: string, caller: Caller) {
    const found = await replays.findReplay(this.#ground.store, id);
    if (!found || found.tenant !== caller.scope.tenant || found.authorId !== caller.id)
      throw new AppError('NOT_FOUND', `There is no replay ${id} of yours.`);
    const { state, result, failure } = found;
    return { id, state, ...(failure === null ? {} : { failure }), ...(result === null ? {} : { result }) };
  }

  async #keep(asked: Evaluate, caller: Caller): Promise<string> {
    const { store, clock, jobs } = this.#ground;
    const { tenant } = caller.scope;
    if ((await replays.countOpenReplays(store, tenant)) >= mostWaiting)
      throw new AppError('RATE_LIMITED', `${mostWaiting} replays wait already.`, { help: 'Wait for one of them.' });
    const id = `rp_${randomBytes(8).toString('hex')}`;
    const question = { asked, scope: caller.scope };
    await replays.insertReplay(store, { id, tenant, authorId: caller.id, question }, clock.now());
    await jobs.enqueue(this.#job, { id }, { id });
    return id;
  }

  async #runKept(id: string): Promise<void> {
    const { store, clock } = this.#ground;
    const found = await replays.findReplay(store, id);
    const { asked, scope } = found?.question ?? {};
    if (!found || found.state === 'done' || !asked?.replay || !asked.policy?.content || !scope) return;
    await replays.noteReplay(store, id, { state: 'running' }, clock.now());
    try {
      const result = await this.#replay(asked.replay, asked.policy.content, scope);
      await replays.noteReplay(store, id, { state: 'done', result }, clock.now());
    } catch (error) {
      const failure = isAppError(error) ? error.message : 'It failed; the log of the service says why.';
      await replays.noteReplay(store, id, { state: 'failed', failure }, clock.now());
      if (!isAppError(error)) throw error;
    }
  }

  async #policyOf({ content, name, version }: ChosenPolicy, caller: Caller): Promise<Policy> {
    if ((content === undefined) === (name === undefined))
      throw new AppError('VALIDATION_FAILED', 'Say either /policy/content or /policy/name.');
    if (name !== undefined) {
      const detail = await this.#policies.get(name, caller);
      if (version === 'draft') {
        if (!detail.draft) throw new AppError('NOT_FOUND', `There is no draft of ${name}.`);
        return this.#checked({ ...detail.draft.content, version });
      }
      if (version === undefined)
        return { ...detail.content, ...(detail.version === undefined ? {} : { version: detail.version }) };
      return { ...(await this.#policies.version(name, version, caller)).content, version };
    }
    return this.#checked(content!);
  }

  #checked(policy: Policy): Policy {
    const problems = policyProblems(policy, this.#ground.config.gateway);
    if (problems.length > 0) throw new AppError('UNPROCESSABLE', `It cannot serve: ${problems.join('; ')}.`);
    return policy;
  }

  async #live(): Promise<LivePolicies> {
    const { store, config } = this.#ground;
    const fixed = config.gateway.policies.map((policy) => ({ ...policy, version: fileVersion(policy) }));
    return new LivePolicies(fixed, await listLive(store));
  }

  async #explain(asked: AskedRequest, given: Policy | undefined, draw: number, scope: Scope): Promise<Explanation> {
    const { clock, store } = this.#ground;
    const request: RoutedRequest = { ...asked, tags: asked.tags ?? {}, tenant: scope.tenant };
    const [live, book, told] = await Promise.all([
      this.#live(),
      this.#ports.prices.book(scope.tenant),
      toldRoutes(store, new Date(clock.now().getTime() - freshMs)),
    ]);
    const decides = given ?? live.policyFor(request, draw, clock.now().getTime());
    const list = given ? [given] : live.policies(scope.tenant);
    const last = decides ? list.findIndex((one) => isSamePolicy(one, decides)) : list.length - 1;
    const policies = list.slice(0, last + 1).map((one) => ({
      ...named(one),
      unmet:
        one !== given && isFor(one, request) && !isSamePolicy(one, decides)
          ? ['another version has this share of the requests']
          : unmet(one, request),
    }));
    if (!decides || !isFor(decides, request)) return { policies };
    const bound = bounded(request, decides);
    const known = new Map(decides.choose.routes.map((route) => [route, this.#factsNow(route, bound, book, told)]));
    const rates = await this.#ratesAmong([...known.values()], scope.tenant);
    const { order, strategy, reason, candidates } = choose(bound, decides, (route) => known.get(route)!, draw, {
      rateOf: (from, to) => rates.get(`${from} ${to}`),
    });
    return {
      policies,
      choice: {
        ...named(decides),
        strategy,
        order: order.slice(0, mostTries(decides)).map(routeId),
        reason,
        candidates,
      },
    };
  }

  /** As gateways see the route: by what they told of it last. */
  #factsNow(
    route: PolicyRoute,
    request: RoutedRequest,
    book: RoutePrices,
    told: Awaited<ReturnType<typeof toldRoutes>>,
  ): RouteFacts {
    const of = told.filter((one) => one.route === routeId(route));
    const statistics: RouteStatistics = together(of.map((one) => one.statistics));
    const expected = Math.min(statistics.outputTokens ?? usualOutputTokens, request.maxOutputTokens ?? Infinity);
    const at = this.#ground.clock.now().toISOString();
    const priced = book.priceLlm(this.#usage(route, request, Math.ceil(expected), at));
    const region = this.#regionOf(route.provider);
    return {
      statistics,
      breaker: of.length > 0 && of.every(({ breaker }) => breaker === 'open') ? 'open' : 'closed',
      ...(region === undefined ? {} : { region }),
      ...('cost' in priced ? { expectedCost: priced.cost, currency: priced.currency } : {}),
    };
  }

  /** Rates between the currencies of the costs, by `FROM TO`, as far as there are any. */
  async #ratesAmong(facts: readonly RouteFacts[], tenant: string): Promise<Map<string, string>> {
    const currencies = [...new Set(facts.flatMap(({ currency }) => currency ?? []))];
    const day = this.#ground.clock.now().toISOString().slice(0, 10);
    const rates = new Map<string, string>();
    for (const from of currencies)
      for (const to of currencies) {
        if (from === to) continue;
        const found = await this.#ports.prices
          .convert({ amount: '1', currency: from }, to, day, tenant)
          .catch(() => undefined);
        if (found) rates.set(`${from} ${to}`, found.amount);
      }
    return rates;
  }

  #usage(route: PolicyRoute, request: RoutedRequest, outputTokens: number, startedAt: string): LlmRequest {
    return {
      ...{ requestId: '', startedAt, provider: this.#ports.usageName(route.provider) },
      model: route.model === '*' ? bareModel(request.model) : route.model,
      ...{ inputTokens: request.promptTokens, outputTokens },
    };
  }

  #regionOf(provider: string): string | undefined {
    return this.#ground.config.gateway.providers.find(({ name }) => name === provider)?.region;
  }

  async #replay(asked: AskedReplay, policy: Policy, scope: Scope): Promise<ReplayResult> {
    const { warehouse, clock } = this.#ground;
    const to = clock.now();
    const period: Period = { from: new Date(to.getTime() - asked.days * dayMs), to };
    const [live, book, total, known] = await Promise.all([
      this.#live(),
      this.#ports.prices.book(scope.tenant),
      countCalls(warehouse, period, asked, scope),
      behaviours(warehouse, period, scope),
    ]);
    const kept = await sampledCalls(warehouse, period, asked, { total, limit: asked.sample }, scope);
    const currency = mostFrequent(kept.map((call) => call.currency)) ?? 'USD';
    const rates = await this.#rates(kept, currency, to, scope.tenant);
    const prices = new Map<string, Decimal | undefined>();
    const policies = [policy, ...live.policies(scope.tenant)];
    const [learned, judges] = [
      this.#learnedRoutes(
        policies.flatMap(({ choose: { routes } }) => routes),
        known.filter(({ judge }) => judge === 0),
      ),
      this.#learnedRoutes(
        policies.flatMap(({ cascade }) => cascade?.judge ?? []),
        known.filter(({ judge }) => judge === 1),
      ),
    ];
    const result = replay(
      kept.map((call) => this.#callOf(call, asked, rates, scope.tenant)),
      {
        policy,
        decides: isFor,
        present: (request, draw) => live.policyFor(request, draw, to.getTime()),
        routeOf: (route) => learned.get(routeId(route)),
        judgeOf: (route) => judges.get(routeId(route)),
        costOf: (route, call) => {
          const key = `${call.id}|${routeId(route)}`;
          if (!prices.has(key)) {
            const priced = book.priceLlm(this.#usage(route, call.request, call.outputTokens, to.toISOString()));
            const rate = 'cost' in priced ? rates.get(priced.currency) : undefined;
            prices.set(key, 'cost' in priced && rate ? rate.times(priced.cost) : undefined);
          }
          return prices.get(key);
        },
        escalationShare: asked.escalationShare,
      },
    );
    return {
      ...{ from: period.from.toISOString(), to: to.toISOString(), currency, total, replayed: kept.length },
      ...result,
      assumed: assumptions(asked, policy, { total, replayed: kept.length, learned, judges }),
    };
  }

  #learnedRoutes(routes: readonly PolicyRoute[], known: readonly ModelBehaviour[]): Map<string, ReplayRoute> {
    const learned = new Map<string, ReplayRoute>();
    for (const route of routes) {
      const name = this.#ports.usageName(route.provider);
      const own = known.filter((one) => one.route === routeId(route));
      // What is known of the model from elsewhere is better than nothing.
      const [found] = own.length > 0 ? own : known.filter((one) => one.provider === name && one.model === route.model);
      if (!found) continue;
      const region = this.#regionOf(route.provider);
      const { errorRate, firstTokenMs, totalMs } = found;
      learned.set(routeId(route), { errorRate, firstTokenMs, totalMs, ...(region === undefined ? {} : { region }) });
    }
    for (const { provider, model } of routes) {
      const id = routeId({ provider, model });
      const region = this.#regionOf(provider);
      if (!learned.has(id) && region !== undefined)
        learned.set(id, { errorRate: 0.01, firstTokenMs: [], totalMs: [], region });
    }
    return learned;
  }

  #callOf(call: KeptCall, asked: AskedReplay, rates: ReadonlyMap<string, Decimal>, tenant: string): ReplayCall {
    const rate = rates.get(call.currency);
    const texts = {
      ...{ team: call.team, product: call.product, customer: call.customer, feature: call.feature },
      ...{ environment: call.environment, session: call.session, region: call.region },
    };
    const tags = Object.entries(call.tags).filter(([name]) => !name.startsWith('gateway.'));
    return {
      id: call.id,
      request: {
        ...{ tenant, model: asked.askAs ?? call.asked, promptTokens: call.inputTokens, tags: Object.fromEntries(tags) },
        ...(Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')) as Partial<RoutedRequest>),
      },
      route: call.route === '' ? `${call.provider}/${call.model}` : call.route,
      model: call.model,
      outputTokens: call.outputTokens,
      ok: call.status !== 'error' && call.status !== 'timeout',
      whole: {
        cost: Number(call.priced) === 1 ? rate?.times(call.cost) : undefined,
        ...{ firstTokenMs: call.firstTokenMs ?? undefined, totalMs: call.totalMs ?? undefined },
      },
      answer: {
        cost: Number(call.answerPriced) === 1 ? rate?.times(call.answerCost) : undefined,
        ...{ firstTokenMs: call.answerFirstTokenMs ?? undefined, totalMs: call.answerTotalMs ?? undefined },
      },
      ...(isCascaded(call.cascade)
        ? { cascade: { end: call.cascade, first: call.cascadeFirst, judge: call.cascadeJudge } }
        : {}),
    };
  }

  /** Of each currency to that of the replay, by today's rate; one without a rate is left out, and its calls are unpriced. */
  async #rates(kept: readonly KeptCall[], to: string, at: Date, tenant: string): Promise<Map<string, Decimal>> {
    const day = at.toISOString().slice(0, 10);
    const rates = new Map([[to, new Decimal(1)]]);
    for (const currency of new Set([...kept.map((call) => call.currency), 'USD', 'EUR', 'KRW'])) {
      if (rates.has(currency) || currency === '') continue;
      try {
        const { amount } = await this.#ports.prices.convert({ amount: '1', currency }, to, day, tenant);
        rates.set(currency, new Decimal(amount));
      } catch (error) {
        if (!isAppError(error)) throw error;
      }
    }
    return rates;
  }
}

function named({ name, version }: Policy): { policy: string; version?: string } {
  return { policy: name, ...(version === undefined ? {} : { version }) };
}

function isSamePolicy(one: Policy, other: Policy | undefined): boolean {
  return one === other || (one.name === other?.name && one.version === other.version);
}

/** A caller may name a model with the provider before it. */
function bareModel(model: string): string {
  return model.slice(model.indexOf('/') + 1);
}

function isCascaded(tag: string): tag is NonNullable<ReplayCall['cascade']>['end'] {
  return tag === 'cheap' || tag === 'escalated' || tag === 'instead';
}

function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function assumptions(
  asked: AskedReplay,
  policy: Policy,
  seen: {
    total: number;
    replayed: number;
    learned: ReadonlyMap<string, ReplayRoute>;
    judges: ReadonlyMap<string, ReplayRoute>;
  },
): string[] {
  const { routes } = policy.choose;
  const { judge } = policy.cascade ?? {};
  const isUnknown = (id: string, of: ReadonlyMap<string, ReplayRoute>): boolean =>
    (of.get(id)?.totalMs.length ?? 0) === 0;
  const without = routes.map(routeId).filter((id) => isUnknown(id, seen.learned));
  const unrated = routes.filter(({ quality }) => quality === undefined).map(routeId);
  return [
    'Answers are as long over any route as they were, and nothing of a prompt is cached at the provider over another one.',
    'Over another route than the one that was used, times and failures are those of its calls in the same days.',
    'Quality is what the policies expect of their routes.',
    'All routes are healthy; budgets, rate limits and caches are not replayed.',
    ...(seen.replayed < seen.total
      ? [`${seen.replayed} of about ${seen.total} calls were replayed, by the hash of their ids.`]
      : []),
    ...(asked.askAs === undefined ? [] : [`Every call asks for ${asked.askAs}.`]),
    ...(without.length === 0 ? [] : [`No call of these days tells how quick ${without.join(', ')} would be.`]),
    ...(unrated.length === 0 ? [] : [`The policy tells no quality of ${unrated.join(', ')}.`]),
    ...(policy.cascade
      ? [
          `Of ${Math.round(asked.escalationShare * 100)} % of the calls the cheap answer does not suffice; of those that a cascade answered by the same route, it is as it was.`,
        ]
      : []),
    ...(judge ? [`${routeId(judge)} marks every cheap answer.`] : []),
    ...(judge && isUnknown(routeId(judge), seen.judges)
      ? [`No call of these days tells how quick ${routeId(judge)} marks; no time is counted for it.`]
      : []),
    ...(policy.match.piiClass
      ? ['Kept calls do not tell which personal data was in them: their class is unknown.']
      : []),
  ];
}
