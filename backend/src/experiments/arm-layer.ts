import { hash } from 'node:crypto';
import type { LlmRequest } from '../anycost/index.ts';
import {
  GatewayError,
  TimedSink,
  type CallEnd,
  type CallLayer,
  type CallSink,
  type LayerTools,
  type PlannedCall,
  type Serve,
} from '../gateway/index.ts';
import { unitHash } from '../routing/index.ts';
import type { Observation } from './comparison.ts';
import { policyOfB, type Experiment } from './experiment.ts';
import type { RunningExperiments } from './running-experiments.ts';
import { isAboutMoney, triesOf } from './shadow-calls.ts';

interface Parts {
  running: RunningExperiments;
  tools: LayerTools;
  now(): number;
}

/**
 * Serves a share of the calls of a policy by the version that is tried. A session stays on its side. It stands outside of what
 * the policies themselves say, so that each side has its own caches and its own treatment of personal data.
 */
export function armLayer({ running, tools, now }: Parts): CallLayer {
  return (next) => (planned, sink) => {
    const experiment = running.on('ab', planned.call.key.tenant, planned.policy);
    return experiment ? serveArm(experiment, planned, sink, next, { running, tools, now }) : next(planned, sink);
  };
}

async function serveArm(
  experiment: Experiment,
  { call, policy }: PlannedCall,
  sink: CallSink,
  next: Serve,
  { running, tools, now }: Parts,
): Promise<CallEnd> {
  const unit = call.request.session ?? call.id;
  const arm = unitHash(`${experiment.id}|${unit}`) < experiment.settings.sampleShare ? 'B' : 'A';
  const labels = { ...call.labels, 'gateway.experiment': experiment.id, 'gateway.arm': arm };
  const served: PlannedCall = {
    call: { ...call, labels },
    policy: arm === 'B' ? policyOfB(experiment) : policy,
  };
  const startedAt = now();
  const timed = new TimedSink(sink, now);
  const note = (tries: readonly LlmRequest[], isAnswered: boolean): void => {
    const took = { totalMs: now() - startedAt, firstMs: isAnswered ? timed.firstMs : undefined };
    const seen = seenOf(experiment, tries, took, tools);
    const ok = isAnswered && seen.ok;
    running.note(experiment.id, { callId: call.id, arm, unit: nameOf(experiment, unit), ...seen, ok });
  };
  try {
    const end = await next(served, timed);
    // What a cache answered says nothing of the routes; a caller who hung up nothing of the answer.
    if (end.attempts.length > 0 && !sink.gone.aborted) note(triesOf(end), true);
    else if (sink.gone.aborted) running.leaveOut(experiment.id, 'hungUp');
    return end;
  } catch (error) {
    // A budget without room says nothing of a side; what failed may have been billed all the same.
    const tries = error instanceof GatewayError ? error.tried : [];
    if (isAboutMoney(error)) running.leaveOut(experiment.id, 'refused');
    else if (sink.gone.aborted) running.leaveOut(experiment.id, 'hungUp');
    else note(tries, false);
    if (error instanceof GatewayError) error.servedBy = { policy: served.policy, labels };
    throw error;
  }
}

/** The same for the same session: a session may be named after a person, and nobody has searched it yet. */
function nameOf({ id }: Experiment, unit: string): string {
  return hash('sha256', `${id}|${unit}`, 'hex').slice(0, 32);
}

/**
 * What its tries tell of a call that is over: the last of them, but for a cascade's judge, of the answer. The cost is unknown where
 * any try has no price in the currency of the experiment.
 * @param took milliseconds from the call to its end, and to the first of the answer
 */
export function seenOf(
  { tenant, currency }: Pick<Experiment, 'tenant' | 'currency'>,
  tries: readonly LlmRequest[],
  { totalMs, firstMs }: { totalMs: number; firstMs: number | undefined },
  tools: Pick<LayerTools, 'price'>,
): Omit<Observation, 'callId' | 'arm' | 'unit'> {
  const costs = tries.map((usage) => tools.price(tenant, usage));
  const isKnown = costs.every((cost) => cost?.currency === currency);
  const last = tries.findLast(({ tags }) => tags?.['gateway.cascade'] !== 'judge');
  const ok = last?.status === 'ok';
  return {
    ok,
    cost: isKnown ? costs.reduce((sum, cost) => sum + Number(cost!.cost), 0) : null,
    totalMs,
    // A call that failed may have failed fast: its time would make the side look better.
    firstTokenMs: ok ? (firstMs ?? null) : null,
    quality: null,
  };
}
