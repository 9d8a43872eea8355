import { Counter, Gauge } from 'prom-client';
import type { CallLayer, LayerTools } from '../gateway/index.ts';
import { millisecondsOf } from '../platform/clock/index.ts';
import { inEachProcess } from '../platform/loops/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { Store } from '../platform/store/index.ts';
import { Tally } from '../platform/telemetry/index.ts';
import { classesOf } from '../privacy/index.ts';
import type { TenantKeys } from '../tenant-keys/index.ts';
import { AnswerBook } from './answer-book.ts';
import { CacheDesk, type UsagePort } from './cache-desk.ts';
import { cacheLayer } from './cache-layer.ts';
import { flush, sweep } from './entry-repository.ts';
import { EntryWriter, writeHere } from './entry-writer-client.ts';
import { KeyFeedback } from './key-feedback.ts';
import { votesOf } from './feedback-repository.ts';
import { cacheRoutes } from './routes.ts';
import { SemanticCache } from './semantic/semantic-cache.ts';

export { CapturingSink } from './captured-answer.ts';

const turnEveryMs = 1_000;
const sweepEveryMs = 60_000;

export interface ResponseCacheRoom extends Room {
  /** Stands around the serving of calls. Call once. */
  layer(tools: LayerTools): CallLayer;
  /** What an application says of an answer that its key was given. @throws AppError VALIDATION_FAILED, NOT_FOUND */
  feedback: KeyFeedback['take'];
  /** Votes of people for and against answers, by the ids of calls. */
  votes(tenant: string, requestIds: readonly string[]): Promise<Map<string, { up: number; down: number }>>;
}

/** The room of answers that are given again. */
export function createResponseCacheRoom(
  platform: Platform,
  ports: { keys: TenantKeys; usage: UsagePort },
): ResponseCacheRoom {
  const { config, store, clock, telemetry } = platform;
  const { memoryBytes, storeBytes, storeAnswersPerSecond } = config.gateway.cache;
  const desk = new CacheDesk(platform, ports.usage);
  const ofKeys = new KeyFeedback(platform, desk);
  const writer = new EntryWriter(store);
  let timer: NodeJS.Timeout | undefined;
  let lastTurn: (() => Promise<void>) | undefined;
  return {
    name: 'response-cache',
    routes: (app) => cacheRoutes(app, desk),
    feedback: (key, said) => ofKeys.take(key, said),
    loops: [
      {
        name: 'response-cache',
        everyMs: sweepEveryMs,
        offsetMs: 20_000,
        run: () => sweep(store, clock.now(), storeBytes),
      },
    ],
    close: async () => {
      clearInterval(timer);
      await lastTurn?.().catch(() => undefined);
      await writer.close();
    },
    votes: (tenant, requestIds) => votesOf(store, tenant, requestIds),
    layer: (tools) => {
      const semantic = new SemanticCache(platform);
      const book = new AnswerBook({
        ...{ platform, keys: ports.keys, memoryBytes, mostWrittenPerSecond: storeAnswersPerSecond },
        write: { few: writeHere(store), many: writer.write },
        onQuestion: (question) => semantic.know(question),
        onGone: (entry) => semantic.forget(entry),
      });
      const metrics = callMetrics(platform, book, semantic);
      const onFault = (error: unknown): void =>
        telemetry.log.warn({ err: error }, 'The cache of answers goes on with what it has in memory');
      lastTurn = async () => {
        await book.turn();
        await semantic.turn();
      };
      timer = inEachProcess(turnEveryMs, lastTurn, onFault);
      return cacheLayer({
        ...{ book, semantic, tools, onFault },
        isPersonal: (body) => classesOf({ body })[0] !== 'none',
        now: millisecondsOf(clock),
        random: Math.random,
        onCall: ({ call, policy }, kind) => metrics.called(call.key.tenant, policy.name, kind ?? 'none'),
        // For graphs: the exact sum is that of the rows of usage.
        onSaved: ({ call, policy }, amount, currency) =>
          metrics.saved.inc({ tenant: call.key.tenant, policy: policy.name, currency }, Number(amount)),
      });
    },
  };
}

/** Within a transaction: drops what the store has of a tenant, and lets gateways forget theirs. */
export async function eraseAnswers(tx: Store, tenant: string, now: Date): Promise<void> {
  await flush(tx, { tenant }, now);
  await tx.query('DELETE FROM gateway_semantic_hit WHERE tenant = $1', [tenant]);
  await tx.query('DELETE FROM gateway_semantic_observation WHERE tenant = $1', [tenant]);
}

interface CacheMetrics {
  called(tenant: string, policy: string, cache: string): void;
  saved: Counter<'tenant' | 'policy' | 'currency'>;
}

function callMetrics({ telemetry }: Platform, book: AnswerBook, semantic: SemanticCache): CacheMetrics {
  const registers = [telemetry.metrics];
  new Gauge({
    name: 'amadeus_gateway_cache_bytes',
    help: 'Bytes of answers in the memory of this process.',
    registers,
    collect() {
      this.set(book.facts.bytes);
    },
  });
  new Gauge({
    name: 'amadeus_gateway_cache_entries',
    help: 'Answers in memory, answers whose keys are known, answers that wait for the store, and questions.',
    labelNames: ['of'],
    registers,
    collect() {
      const { answers, known, waiting } = book.facts;
      for (const [of, count] of Object.entries({ answers, known, waiting, questions: semantic.questions }))
        this.set({ of }, count);
    },
  });
  const calls = new Map<string, Map<string, Tally>>();
  new Counter({
    name: 'amadeus_gateway_cache_calls_total',
    help: 'Calls under a policy with a cache, by the cache that answered; `none` where none did.',
    labelNames: ['tenant', 'policy', 'cache'],
    registers,
    collect() {
      for (const [tenant, policies] of calls)
        for (const [policy, answered] of policies)
          answered.take((cache, count) => this.inc({ tenant, policy, cache }, count));
    },
  });
  return {
    called: (tenant, policy, cache) => {
      let policies = calls.get(tenant);
      if (!policies) calls.set(tenant, (policies = new Map<string, Tally>()));
      let answered = policies.get(policy);
      if (!answered) policies.set(policy, (answered = new Tally()));
      answered.add(cache);
    },
    saved: new Counter({
      name: 'amadeus_gateway_cache_saved_total',
      help: 'What providers would have charged for what caches answered, in units of the currency.',
      labelNames: ['tenant', 'policy', 'currency'],
      registers,
    }),
  };
}
