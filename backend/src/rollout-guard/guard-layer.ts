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
import type { SeenCall } from './side.ts';
import type { Tallies } from './tallies.ts';

interface Parts {
  tallies: Tallies;
  tools: Pick<LayerTools, 'price'>;
  now(): number;
}

/** Sees how calls in rollouts go, and changes nothing of them. */
export function guardLayer(parts: Parts): CallLayer {
  return (next) => (planned, sink) =>
    planned.trials === undefined ? next(planned, sink) : serveTrials(planned, planned.trials, sink, next, parts);
}

async function serveTrials(
  planned: PlannedCall,
  trials: NonNullable<PlannedCall['trials']>,
  sink: CallSink,
  next: Serve,
  { tallies, tools, now }: Parts,
): Promise<CallEnd> {
  const timed = new TimedSink(sink, now);
  try {
    const end = await next(planned, timed);
    // What a cache answered says nothing of the routes; a caller who hung up nothing of the answer.
    if (end.attempts.length > 0 && !sink.gone.aborted)
      tallies.note(trials, seenOf(planned.call.key.tenant, end, timed.firstMs, tools));
    return end;
  } catch (error) {
    if (!sink.gone.aborted && isOfVersion(error)) tallies.note(trials, { ok: false });
    throw error;
  }
}

/** Whether the version is to blame: not the request, a budget or personal data. One that leaves no route over is. */
function isOfVersion(error: unknown): boolean {
  return !(error instanceof GatewayError) || error.status >= 500 || error.code === 'no_route';
}

function seenOf(
  tenant: string,
  { attempts }: CallEnd,
  firstTokenMs: number | undefined,
  tools: Pick<LayerTools, 'price'>,
): SeenCall {
  const costs = attempts.map(({ usage }) => tools.price(tenant, usage));
  const currency = costs[0]?.currency;
  const isKnown = currency !== undefined && costs.every((cost) => cost?.currency === currency);
  const ok = attempts.at(-1)?.usage.status === 'ok';
  return {
    ok,
    ...(isKnown ? { cost: { amount: costs.reduce((sum, cost) => sum + Number(cost!.cost), 0), currency } } : {}),
    // A call that failed may have failed fast: its time would make the version look better.
    ...(ok && firstTokenMs !== undefined ? { firstTokenMs } : {}),
  };
}
