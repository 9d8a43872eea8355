import { Decimal } from 'decimal.js';
import {
  billedTries,
  GatewayError,
  modelFor,
  TimedSink,
  type AdmittedCall,
  type CallEnd,
  type CallLayer,
  type CallSink,
  type LayerTools,
  type PlannedCall,
  type Serve,
} from '../gateway/index.ts';
import { unitHash, type PolicyRoute } from '../routing/index.ts';
import { seenOf } from './arm-layer.ts';
import { policyOfB, type Experiment } from './experiment.ts';
import { HeardSink } from './heard-sink.ts';
import type { RunningExperiments } from './running-experiments.ts';
import { ask, copyOf, isAboutMoney, triesOf, type Heard } from './shadow-calls.ts';
import { ShadowLedger } from './shadow-ledger.ts';
import { marked, markTokens } from './shadow-marks.ts';

interface Parts {
  running: RunningExperiments;
  tools: LayerTools;
  /** Name of a provider as prices know it. */
  usageName(provider: string): string;
  hold(hold: { id: string; experiment: string; amount: string }): Promise<boolean>;
  settle(id: string, experiment: string, cost: string): Promise<void>;
  /** The budget has no room any more. */
  exhausted(experiment: Experiment): Promise<void>;
  now(): number;
  onFault(error: unknown): void;
  onCopy(experiment: Experiment, became: 'sent' | 'dropped' | 'refused'): void;
}

/** Copies that wait or are under way. More are not made: a slow model must not fill the memory. */
const mostWaiting = 200;
const mostAtOnce = 4;
const usualOutputTokens = 400;

/** What was seen of the caller's own call. */
interface Original extends Heard {
  call: AdmittedCall;
  totalMs: number;
}

/**
 * Sends copies of a share of the calls over the version that is tried, after the caller has the answer: nobody waits for them,
 * and what they cost belongs to the experiment, not to the caller's team, product, customer or feature. Personal data that was
 * found is masked in them. It stands inside of caches, so that what is seen comes from the models.
 *
 * Which calls are copied is drawn before anything is known of them, and failing is an outcome as any other: calls that no route of
 * A answered are copied too, else A would be compared where it does well. What says nothing of A (the caller hung up, a budget had
 * no room) is left out and counted.
 */
export function shadowLayer(parts: Parts): CallLayer {
  const copies = new Copies(parts);
  return (next) => (planned, sink) => {
    const { call, policy } = planned;
    const experiment = parts.running.on('shadow', call.key.tenant, policy);
    const isDrawn =
      experiment &&
      call.dialect !== 'embeddings' &&
      call.dialect !== 'count' &&
      unitHash(`${experiment.id}|${call.id}`) < experiment.settings.sampleShare;
    return isDrawn ? serveCopied(experiment, planned, sink, next, { ...parts, copies }) : next(planned, sink);
  };
}

async function serveCopied(
  experiment: Experiment,
  planned: PlannedCall,
  sink: CallSink,
  next: Serve,
  { running, now, copies }: Parts & { copies: Copies },
): Promise<CallEnd> {
  const { call } = planned;
  const heard = new HeardSink(sink);
  const timed = new TimedSink(heard, now);
  const startedAt = now();
  const over = (tries: Heard['tries'], isHeldBack: boolean): void => {
    if (isHeldBack) return running.leaveOut(experiment.id, 'refused');
    if (sink.gone.aborted) return running.leaveOut(experiment.id, 'hungUp');
    const { answer, isStream } = heard;
    const took = { firstMs: timed.firstMs, totalMs: now() - startedAt };
    copies.add(experiment, next, { call, tries, answer, isStream, isHeldBack, ...took });
  };
  try {
    const end = await next(planned, timed);
    // Without a try nothing was asked of a model.
    if (end.attempts.length > 0) over(triesOf(end), false);
    return end;
  } catch (error) {
    if (error instanceof GatewayError) over(error.tried, isAboutMoney(error));
    throw error;
  }
}

class Copies {
  readonly #parts: Parts;
  readonly #waiting: (() => Promise<void>)[] = [];
  #busy = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  add(experiment: Experiment, next: Serve, original: Original): void {
    if (this.#waiting.length + this.#busy >= mostWaiting) {
      this.#parts.onCopy(experiment, 'dropped');
      this.#parts.running.leaveOut(experiment.id, 'dropped');
      return;
    }
    this.#waiting.push(() => this.#run(experiment, next, original));
    this.#pump();
  }

  #pump(): void {
    while (this.#busy < mostAtOnce) {
      const work = this.#waiting.shift();
      if (!work) return;
      this.#busy += 1;
      void work()
        .catch(this.#parts.onFault)
        .finally(() => {
          this.#busy -= 1;
          this.#pump();
        });
    }
  }

  async #run(experiment: Experiment, next: Serve, original: Original): Promise<void> {
    const { hold, settle, running, exhausted, onCopy, tools } = this.#parts;
    const id = `${original.call.id}-${experiment.id}`;
    const amount = await this.#most(experiment, original);
    if (!(await hold({ id, experiment: experiment.id, amount }))) {
      onCopy(experiment, 'refused');
      running.forget(experiment.id);
      return exhausted(experiment);
    }
    onCopy(experiment, 'sent');
    const ledger = new ShadowLedger(experiment, tools);
    try {
      await this.#compare(experiment, next, original, { id, ledger });
    } finally {
      if (ledger.hasUnpriced) running.leaveOut(experiment.id, 'unpriced');
      await settle(id, experiment.id, await ledger.cost(amount));
    }
  }

  async #compare(
    experiment: Experiment,
    next: Serve,
    original: Original,
    { id, ledger }: { id: string; ledger: ShadowLedger },
  ): Promise<void> {
    const { running, tools, now } = this.#parts;
    const { call } = original;
    const startedAt = now();
    const made = await ask(next, copyOf(call, experiment, id), policyOfB(experiment), ledger);
    // A budget of the tenant, or whoever waited too long for the copy: that says nothing of B.
    if (made.isHeldBack) return running.leaveOut(experiment.id, 'refused');
    const own = seenOf(experiment, original.tries, original, tools);
    const seen = seenOf(experiment, made.tries, { totalMs: now() - startedAt, firstMs: made.firstMs }, tools);
    const mayBeMarked = own.ok && seen.ok && experiment.settings.quality.method !== 'none';
    const marks = mayBeMarked ? await marked({ experiment, next, call, id, ledger }, original, made) : {};
    if (mayBeMarked && marks.a === undefined) running.leaveOut(experiment.id, 'unmarked');
    running.note(
      experiment.id,
      { callId: call.id, arm: 'A', unit: call.id, ...own, quality: marks.a ?? null },
      { callId: call.id, arm: 'B', unit: call.id, ...seen, quality: marks.b ?? null },
    );
  }

  /** What the copy, and the marking of it, could cost at most: the dearest route, as often as one answer may be billed. */
  async #most({ tenant, bContent, settings, currency }: Experiment, { call, tries }: Original): Promise<string> {
    const { price, convert } = this.#parts.tools;
    const answered = tries.at(-1)?.outputTokens ?? 0;
    const output = call.request.maxOutputTokens ?? 3 * Math.max(answered, usualOutputTokens);
    const priceOf = async (route: PolicyRoute, inputTokens: number, outputTokens: number): Promise<Decimal> => {
      const found = price(tenant, {
        ...{ requestId: '', startedAt: new Date(this.#parts.now()).toISOString() },
        ...{ provider: this.#parts.usageName(route.provider), model: modelFor(route, call.request.model) },
        ...{ inputTokens, outputTokens },
      });
      if (!found) return new Decimal(0);
      return new Decimal(found.currency === currency ? found.cost : await convert(tenant, found, currency));
    };
    const { promptTokens } = call.request;
    const { judge } = bContent.cascade ?? {};
    const asked = [...bContent.choose.routes, ...(judge ? [{ provider: judge.provider, model: judge.model }] : [])];
    const routes = await Promise.all(asked.map((route) => priceOf(route, promptTokens, output)));
    const { route } = settings.quality;
    return Decimal.max(0, ...routes)
      .times(billedTries(bContent))
      .plus(route ? await priceOf(route, promptTokens + 2 * output, markTokens) : 0)
      .toFixed();
  }
}
