import type { Policy, PolicyRoute, Router } from '../routing/index.ts';
import { routeId } from '../routing/index.ts';
import type { AdmittedCall } from './admission.ts';
import { providerName, type CallSink } from './attempting.ts';
import type { AnsweredHere, CallEnd, PlannedCall } from './call-layer.ts';
import { Untranslatable } from './dialects/dialect.ts';
import { numberOf, objectOf, type Json } from './dialects/json.ts';
import { GatewayError } from './gateway-error.ts';
import { modelFor } from './outbound-request.ts';

import type { Upstream } from './upstream-client.ts';
import { withMembers } from './wire/json-members.ts';

interface CountParts {
  router: Pick<Router, 'choose'>;
  upstreams: ReadonlyMap<string, Upstream>;
  /** The row of usage that a count leaves: it costs nothing. */
  record(call: AdmittedCall, answered: AnsweredHere): Promise<void>;
  now(): number;
  random(): number;
}

const patienceMs = 5_000;
const passedHeaders = ['anthropic-beta', 'user-agent', 'traceparent', 'tracestate'];

/**
 * Counts the tokens of Anthropic's messages for the route that would be asked: by its provider where that can count, which costs
 * nothing, else by an estimate, and says which. Counting tells nothing of a route, so that nothing is learned from it.
 *
 * @throws GatewayError 400 where no route may serve the call
 */
export async function serveCount({ call, policy }: PlannedCall, sink: CallSink, parts: CountParts): Promise<CallEnd> {
  const startedAt = parts.now();
  const choice = parts.router.choose(call.request, policy, parts.random());
  const [route] = choice.order;
  if (!route) throw new GatewayError(400, 'no_route', `No route of policy ${policy.name} may serve this call.`);
  const told = await counted(call, route, parts).catch(() => undefined);
  const inputTokens = told ?? call.request.promptTokens;
  const isEstimated = told === undefined;
  if (!sink.gone.aborted) {
    sink.head(200, headersOf(policy, route, isEstimated));
    sink.end(JSON.stringify({ input_tokens: inputTokens }));
  }
  const durationMs = parts.now() - startedAt;
  const labels = {
    ...call.labels,
    'gateway.counted': String(inputTokens),
    ...(isEstimated ? { 'gateway.estimated': 'true' } : {}),
  };
  await parts.record(
    { ...call, labels },
    {
      ...{ provider: providerName(parts.upstreams.get(route.provider), route), route: routeId(route) },
      ...{ model: modelFor(route, call.request.model), policy: policy.name, reason: choice.reason },
      ...(policy.version === undefined ? {} : { version: policy.version }),
      ...{ startedAt, durationMs, firstTokenMs: durationMs },
    },
  );
  return { choice, attempts: [] };
}

function headersOf({ name, version }: Policy, route: PolicyRoute, isEstimated: boolean): Record<string, string> {
  return {
    ...{ 'content-type': 'application/json', 'x-amadeus-route': routeId(route), 'x-amadeus-policy': name },
    ...(version === undefined ? {} : { 'x-amadeus-policy-version': version }),
    ...(isEstimated ? { 'x-amadeus-estimated': 'true' } : {}),
  };
}

/** @returns undefined where the provider does not count. @throws what undici throws, and where the request is not translatable */
async function counted(call: AdmittedCall, route: PolicyRoute, parts: CountParts): Promise<number | undefined> {
  const upstream = parts.upstreams.get(route.provider);
  if (!upstream) return undefined;
  const model = modelFor(route, call.request.model);
  const asked = requestOf(call, model, upstream, parts.now);
  if (!asked) return undefined;
  const headers = Object.fromEntries(
    passedHeaders.flatMap((name) => (typeof call.headers[name] === 'string' ? [[name, call.headers[name]]] : [])),
  );
  const answer = await upstream.post(asked.path, headers, asked.body, AbortSignal.timeout(patienceMs));
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    return undefined;
  }
  const tokens = numberOf(asked.read(objectOf(await answer.body.json()))['input_tokens']);
  return tokens > 0 ? tokens : undefined;
}

function requestOf(
  call: AdmittedCall,
  model: string,
  { kind }: Upstream,
  now: () => number,
): { path: string; body: string; read(body: Json): Json } | undefined {
  if (kind.paths.count)
    return {
      path: kind.paths.count(model, false),
      body: withMembers(call.text, { model: JSON.stringify(model) }),
      read: (body) => body,
    };
  if (!kind.fromCount) return undefined;
  const translation = kind.fromCount.translation(now);
  const body = { ...call.body, model };
  try {
    return {
      path: kind.fromCount.path(model),
      body: JSON.stringify(translation.request(body).body),
      read: (answer) => translation.response(answer, body),
    };
  } catch (error) {
    if (error instanceof Untranslatable) return undefined;
    throw error;
  }
}
