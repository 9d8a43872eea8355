import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Decimal } from 'decimal.js';
import type { LlmRequest } from '../anycost/index.ts';
import {
  bounded,
  LivePolicies,
  PolicyRing,
  Router,
  tellRoutes,
  type PolicyRoute,
  type RoutedRequest,
} from '../routing/index.ts';
import { millisecondsOf } from '../platform/clock/index.ts';
import { inEachProcess } from '../platform/loops/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { AdmittedCall } from './admission.ts';
import { Attempting, providerName, type AttemptResult, type CallSink } from './attempting.ts';
import { answersOf } from './call-facts.ts';
import { CallMoney, type MoneyParts } from './call-money.ts';
import { CallTelemetry } from './call-telemetry.ts';
import { layered, type CallEnd, type LayerTools, type PlannedCall, type Serve } from './call-layer.ts';
import { usageFacts, usageOf } from './call-usage.ts';
import { serveCount } from './count-tokens.ts';
import { ExpectedCosts } from './expected-costs.ts';
import { GatewayError } from './gateway-error.ts';
import { startGatewayServer, type GatewayServer } from './gateway-server.ts';
import { KeyDesk } from './key-desk.ts';
import { keyFeedback } from './key-feedback.ts';
import { KnownRates } from './known-rates.ts';
import { LedgerProbe } from './ledger-probe.ts';
import { KeyRing } from './key-ring-file.ts';
import { hasBound, modelFor } from './outbound-request.ts';
import type { CallLedger, CallPrice, CallPrices, GatewayPorts } from './ports.ts';
import { reserve, routeKeysOf, type Reservation, type Served } from './reservation.ts';
import { tellLearned } from './route-metrics.ts';
import { gatewayRoutes } from './routes.ts';
import { planned, serveCall } from './serve-call.ts';
import { openUpstream, type Upstream } from './upstream-client.ts';
import { UsageDelivery } from './usage-delivery.ts';
import { UsageJournal, type SettledCall } from './usage-journal-file.ts';
import { mayAskFor } from './virtual-key.ts';

const lookEveryMs = 1_000;
const deliverEveryMs = 1_000;
const tellEveryMs = 10_000;
const tellsAwayEveryMs = 10_000;
/** Other prices count for calls that come so much later. */
const bookEveryMs = 200;
/** An answer without a bound may become longer than is usual: what is held of budgets allows for it. */
const reservedLength = 3;

export interface GatewayRoom extends Room {
  /** Where the gateway listens; undefined while it does not. */
  port(): number | undefined;
}

/** The LLM gateway: its own server in processes with the role `gateway`, and the keys that applications call it with. */
export function createGatewayRoom(platform: Platform, ports: GatewayPorts): GatewayRoom {
  const { config } = platform;
  const serving = config.roles.includes('gateway') && config.gateway.providers.length > 0;
  const plane = serving ? new GatewayPlane(platform, ports) : undefined;
  return {
    name: 'gateway',
    routes: (app) => gatewayRoutes(app, new KeyDesk(platform)),
    start: async () => plane?.start(),
    close: async () => plane?.close(),
    port: () => plane?.port,
  };
}

/** Stands in the place of the route where none was asked; routes of providers have a slash. */
const noRoute = 'none';

/** What one process needs to serve calls. */
class GatewayPlane {
  readonly #platform: Platform;
  readonly #ports: GatewayPorts;
  readonly #upstreams: ReadonlyMap<string, Upstream>;
  readonly #router: Router;
  readonly #instance = randomUUID();
  readonly #journal: UsageJournal;
  readonly #keys: KeyRing;
  readonly #policies: PolicyRing;
  readonly #ledger: CallLedger;
  readonly #probe: LedgerProbe;
  readonly #delivery: UsageDelivery;
  readonly #books = new Map<string, CallPrices>();
  readonly #expectedCosts = new ExpectedCosts();
  readonly #rates: KnownRates;
  readonly #opening = new Map<string, Promise<void>>();
  readonly #askedAt = new Map<string, number>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #now: () => number;
  #server: GatewayServer | undefined;
  #toldAwayAt = 0;
  #uncounted = 0;

  constructor(platform: Platform, ports: GatewayPorts) {
    const { config, clock, store, telemetry } = platform;
    const folder = join(config.dataDir, 'gateway');
    this.#platform = platform;
    this.#ports = ports;
    this.#now = millisecondsOf(clock);
    this.#upstreams = new Map(
      config.gateway.providers.flatMap((settings) => {
        const upstream = openUpstream(settings, process.env);
        if (upstream) return [[settings.name, upstream] as const];
        const { name: provider, apiKeyVariable } = settings;
        telemetry.log.warn(
          { provider, apiKeyVariable },
          'The provider is left out: the variable of its key is not set',
        );
        return [];
      }),
    );
    this.#router = new Router(new LivePolicies([], []), {
      now: this.#now,
      regionOf: (provider) => this.#upstreams.get(provider)?.region,
      costOf: (route, request, outputTokens) => this.#expected(route, request, outputTokens),
      rateOf: (from, to, tenant) => this.#rates.of(from, to, tenant),
    });
    this.#journal = new UsageJournal(join(folder, 'usage'));
    this.#keys = new KeyRing({ store, clock, path: join(folder, 'keys.json') });
    tellLearned(telemetry.metrics, this.#router);
    this.#policies = new PolicyRing({
      store,
      path: join(folder, 'policies.json'),
      fixed: config.gateway.policies,
      onNew: (policies) => this.#router.replace(policies),
    });
    this.#rates = new KnownRates(
      (from, to, tenant) => this.#converted({ cost: '1', currency: from }, to, tenant),
      this.#now,
    );
    this.#ledger = ports.budgets.openLedger(this.#journal.holder);
    this.#probe = new LedgerProbe(this.#ledger);
    this.#delivery = new UsageDelivery(this.#journal, ports, this.#ledger);
  }

  get port(): number | undefined {
    return this.#server?.port;
  }

  async start(): Promise<void> {
    const { config, clock, telemetry } = this.#platform;
    await this.#journal.start();
    // What a process left that died: the money that it held is free before the first call asks for some.
    await this.#quietly(() => this.#delivery.turn());
    await this.#keys.recall();
    await this.#policies.recall();
    await this.#quietly(() => this.#keys.refresh());
    await this.#quietly(() => this.#policies.refresh());
    const seen = new CallTelemetry(telemetry, config.telemetry.otlpUrl !== undefined);
    const attempting = new Attempting({
      upstreams: this.#upstreams,
      journal: this.#journal,
      router: this.#router,
      usage: this.#ports.usage,
      now: () => performance.timeOrigin + performance.now(),
    });
    const tries = seen.around(attempting);
    const money: MoneyParts = {
      dimensions: (tenant) => this.#probe.dimensions(tenant),
      keysOf: ({ call }, route) => routeKeysOf(this.#servedBy(route, call.request)),
      reserve: (planned, routes, tries) => this.#reserve(planned, routes, tries),
      settle: ({ call }, reservation, ends) => this.#settle(call, reservation, ends),
    };
    const answered = layered(
      (one, sink) =>
        one.call.dialect === 'count'
          ? this.#count(one, sink)
          : serveCall(one, sink, {
              router: this.#router,
              attempting: tries,
              money: (planned, choice, ends) => new CallMoney(planned, choice, ends, money),
              known: () => this.#rates.underWay(),
              now: this.#now,
              random: Math.random,
              pause: (ms, signal) => clock.sleep(ms, signal).catch(() => undefined),
            }),
      [seen.layer, ...(this.#ports.layers?.(this.#tools()) ?? [])],
    );
    const serve: Serve = (one, sink) =>
      answered(one, sink).catch(async (error: unknown) => {
        if (isOutage(error)) await this.#recordUntried(one, error);
        throw error;
      });
    const { host, port, maxBodyBytes, maxInFlight } = config.gateway;
    this.#server = await startGatewayServer(
      { host, port },
      {
        maxBodyBytes,
        maxInFlight,
        findKey: (secret) => this.#keys.find(secret),
        models: (key) => [
          ...new Set(
            this.#router
              .policies(key.tenant)
              .flatMap(({ match }) => match.models.filter((name) => !name.endsWith('*') && mayAskFor(key, name))),
          ),
        ],
        isServed: (key, model) =>
          mayAskFor(key, model) &&
          this.#router.policies(key.tenant).some(({ match }) => match.models.some((name) => isNamed(model, name))),
        now: this.#now,
        feedback: (key, body) => keyFeedback(this.#ports.feedback, key, body),
        onFault: (error) => telemetry.log.error({ err: error }, 'A call of the LLM gateway failed'),
        serve: (call, sink) => {
          const go = (): Promise<unknown> => serve(planned(this.#classified(call), this.#router), sink);
          return this.#openBook(call.key.tenant)?.then(go) ?? go();
        },
      },
    );
    telemetry.log.info({ host, port: this.#server.port }, 'The LLM gateway listens');
    this.#every(lookEveryMs, () => this.#keys.refresh());
    this.#every(lookEveryMs, () => this.#policies.refresh());
    this.#every(tellEveryMs, () => this.#tell());
    this.#every(deliverEveryMs, () => this.#delivery.turn());
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#server?.close();
    await this.#quietly(() => this.#ledger.close());
    await this.#quietly(() => this.#delivery.turn(true));
    await this.#journal.close();
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.close()));
  }

  #classified(call: AdmittedCall): AdmittedCall {
    const asks = this.#router.policies(call.key.tenant).some(({ match }) => match.piiClass !== undefined);
    const piiClasses = asks ? this.#ports.classesOf?.(call) : undefined;
    return piiClasses ? { ...call, request: { ...call.request, piiClasses } } : call;
  }

  #count(one: PlannedCall, sink: CallSink): Promise<CallEnd> {
    return serveCount(one, sink, {
      router: this.#router,
      upstreams: this.#upstreams,
      record: this.#tools().record,
      now: this.#now,
      random: Math.random,
    });
  }

  #tools(): LayerTools {
    return {
      record: (call, { durationMs, firstTokenMs, ...answered }) => {
        const { id, key } = call;
        // No provider bills anything for it.
        const end = { status: 'ok' as const, durationMs, firstTokenMs, refused: true };
        const facts = usageFacts(call, { ...answered, number: 1 });
        const request = usageOf(facts, call.request.promptTokens, end, this.#ports.usage.tokens);
        return this.#journal.end({ id, tenant: key.tenant, region: key.region, request });
      },
      price: (tenant, usage) => this.#priced(tenant, usage),
      convert: (tenant, price, to) => this.#converted(price, to, tenant),
    };
  }

  /** A call that failed before any route was asked used nothing; it stands among the calls that were not answered all the same. */
  async #recordUntried(planned: PlannedCall, { code, servedBy }: GatewayError): Promise<void> {
    const { call } = planned;
    const { id, key, receivedAt } = call;
    const { policy, labels } = servedBy ?? { policy: planned.policy, labels: call.labels };
    const [first] = policy.choose.routes;
    const attempt = {
      ...{
        number: 1,
        route: noRoute,
        policy: policy.name,
        reason: `no route was asked: ${code}`,
        startedAt: receivedAt,
      },
      provider: first ? providerName(this.#upstreams.get(first.provider), first) : 'gateway',
      model: first ? modelFor(first, call.request.model) : call.request.model,
      ...(policy.version === undefined ? {} : { version: policy.version }),
    };
    // What the caller says of the call may not have been searched for personal data: the key alone says whose it is.
    const { team, product, customer, feature, environment } = key;
    const said = { team, product, customer, feature, environment };
    const own = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
    const { tenant, model, promptTokens } = call.request;
    const isPrivate = policy.privacy !== undefined || planned.policy.privacy !== undefined;
    const request = isPrivate ? { tenant, model, promptTokens, tags: {}, ...own } : call.request;
    const told = { ...labels, 'gateway.refused': code, 'gateway.prompt_tokens': String(promptTokens) };
    const facts = usageFacts({ ...call, request, labels: told }, attempt);
    const end = { status: 'error' as const, durationMs: this.#now() - receivedAt, refused: true };
    const usage = usageOf(facts, promptTokens, end, this.#ports.usage.tokens);
    await this.#quietly(() => this.#journal.end({ id, tenant: key.tenant, region: key.region, request: usage }));
  }

  /** What was learned of the routes, for who looks at them. */
  async #tell(): Promise<void> {
    const { store, clock } = this.#platform;
    await tellRoutes(store, this.#instance, this.#router.learned(), clock.now());
  }

  /** The book is asked for anew a few times a second, and kept, so that a call waits only for the first one of its tenant. */
  #openBook(tenant: string): Promise<void> | undefined {
    const isKnown = this.#books.has(tenant);
    if (isKnown && performance.now() - (this.#askedAt.get(tenant) ?? 0) < bookEveryMs) return undefined;
    const opening = this.#opening.get(tenant) ?? this.#readBook(tenant);
    return isKnown ? undefined : opening;
  }

  #readBook(tenant: string): Promise<void> {
    this.#askedAt.set(tenant, performance.now());
    const reading = this.#ports.prices
      .book(tenant)
      .then((book) => void this.#books.set(tenant, book))
      .catch((error: unknown) => {
        // Without the store the prices that were known last go on counting.
        if (!this.#books.has(tenant))
          this.#platform.telemetry.log.warn({ err: error }, 'The price book cannot be read');
      })
      .finally(() => this.#opening.delete(tenant));
    this.#opening.set(tenant, reading);
    return reading;
  }

  #expected(route: PolicyRoute, request: RoutedRequest, outputTokens: number): CallPrice | undefined {
    const upstream = this.#upstreams.get(route.provider);
    const semantic = upstream?.kind.semanticName ?? route.provider;
    const book = this.#books.get(request.tenant);
    const usage = {
      provider: semantic === 'compatible' ? route.provider : semantic,
      model: modelFor(route, request.model),
      inputTokens: request.promptTokens,
      outputTokens,
    };
    return book && this.#expectedCosts.of(book, usage, this.#now());
  }

  #priced(tenant: string, usage: LlmRequest): CallPrice | undefined {
    const priced = this.#books.get(tenant)?.priceLlm(usage);
    return priced && 'cost' in priced ? priced : undefined;
  }

  /** Holds what the dearest of the routes that may be asked could cost, as often as one may be billed for one answer. */
  #reserve({ call, policy }: PlannedCall, routes: readonly PolicyRoute[], tries: number): ReturnType<typeof reserve> {
    const request = bounded(call.request, policy);
    const guard = hasBound(call.dialect) ? policy.guards?.maxOutputTokens : undefined;
    const answers = answersOf(call.body);
    const costs = routes.flatMap((route) => {
      const most = request.maxOutputTokens ?? guard ?? this.#router.expectedOutput(route, request) * reservedLength;
      const priced = this.#expected(route, request, most * answers);
      return priced ? [priced] : [];
    });
    const dearest = costs.reduce<CallPrice | undefined>(
      (most, one) => (most === undefined || this.#isDearer(one, most, request.tenant) ? one : most),
      undefined,
    );
    const most =
      dearest && tries > 1 ? { ...dearest, cost: new Decimal(dearest.cost).times(tries).toFixed() } : dearest;
    return reserve(call, most, this.#servedBy(routes[0]!, request), {
      ledger: this.#probe,
      whenAway: this.#platform.config.gateway.whenBudgetsAreAway,
      onAway: (error) => this.#tellAway(error),
    });
  }

  #servedBy(route: PolicyRoute, { model }: Pick<RoutedRequest, 'model'>): Served {
    return {
      model: modelFor(route, model),
      provider: providerName(this.#upstreams.get(route.provider), route),
    };
  }

  /** Of currencies between which no rate is known the first stays. */
  #isDearer(one: CallPrice, other: CallPrice, tenant: string): boolean {
    const rate = one.currency === other.currency ? '1' : this.#rates.of(one.currency, other.currency, tenant);
    return rate !== undefined && new Decimal(one.cost).times(rate).gt(other.cost);
  }

  /** Calls go on coming while the counters are away: they are told of together. */
  #tellAway(error: unknown): void {
    this.#uncounted += 1;
    const now = this.#now();
    if (now - this.#toldAwayAt < tellsAwayEveryMs) return;
    this.#platform.telemetry.log.warn({ err: error, calls: this.#uncounted }, 'Budgets cannot be counted');
    this.#uncounted = 0;
    this.#toldAwayAt = now;
  }

  #settle({ key: { tenant } }: AdmittedCall, reservation: Reservation, ends: readonly AttemptResult[]): Promise<void> {
    const [only] = ends;
    const whole = ends.length === 1 && only ? this.#priced(tenant, only.usage) : undefined;
    // What the book says has no more places than the counters.
    if (whole?.currency === reservation.currency) return this.#settleFor(reservation, whole.cost);
    return this.#costOf(tenant, reservation, ends).then((cost) => this.#settleFor(reservation, cost));
  }

  /** What the call cost is on disk before the counters hear of it. */
  #settleFor({ id }: Reservation, cost: string): Promise<void> {
    const order = this.#ledger.orderOf(id);
    const settled: SettledCall = order === undefined ? { reservation: id, cost } : { reservation: id, cost, order };
    return this.#journal.settle(settled).then(
      () => this.#countCost(settled),
      (error: unknown) => {
        this.#fault(error);
        return this.#countCost(settled);
      },
    );
  }

  #countCost(settled: SettledCall): Promise<void> | undefined {
    try {
      return this.#delivery.settleNow(settled)?.catch((error: unknown) => this.#fault(error));
    } catch (error) {
      this.#fault(error);
      return undefined;
    }
  }

  /** In the currency of the reservation; what was held where that cannot be told. */
  async #costOf(tenant: string, { amount, currency }: Reservation, ends: readonly AttemptResult[]): Promise<string> {
    let sum = new Decimal(0);
    try {
      for (const { usage } of ends) {
        const priced = this.#priced(tenant, usage);
        if (!priced) continue;
        const isSame = priced.currency === currency;
        sum = sum.plus(isSame ? priced.cost : await this.#converted(priced, currency, tenant));
      }
    } catch (error) {
      this.#platform.telemetry.log.warn({ err: error }, 'The cost of a call cannot be converted: what was held counts');
      return amount;
    }
    return sum.toDecimalPlaces(18, Decimal.ROUND_UP).toFixed();
  }

  /** Models may be priced in other currencies than the one that was reserved in. */
  async #converted({ cost, currency }: CallPrice, to: string, tenant: string): Promise<string> {
    const day = this.#platform.clock.now().toISOString().slice(0, 10);
    return (await this.#ports.prices.convert({ amount: cost, currency }, to, day, tenant)).amount;
  }

  #every(ms: number, work: () => Promise<void>): void {
    this.#timers.push(inEachProcess(ms, work, (error) => this.#fault(error)));
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    this.#platform.telemetry.log.warn({ err: error }, 'The LLM gateway goes on with what it knows');
  }
}

/** `*` at the end of a name of a policy stands for anything. */
function isNamed(model: string, name: string): boolean {
  return name.endsWith('*') ? model.startsWith(name.slice(0, -1)) : model === name;
}

/** Whether the gateway itself could not serve, and no try tells of it. Who is over a limit or a budget was served well. */
function isOutage(error: unknown): error is GatewayError {
  if (!(error instanceof GatewayError) || error.tried.length > 0) return false;
  return error.status >= 500 || error.code === 'no_route';
}
