import type { Changes } from '../changes/index.ts';
import { isAppError } from '../platform/errors/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import { wholeTenant } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { Rollout } from '../routing/index.ts';
import type { RolloutGuard } from './contract.ts';
import { forgetTallies, keepStop, listStops, sidesOf, type Sides, type Stop } from './guard-repository.ts';
import { costGapOf, guardOf, judge, type Judgement } from './judge.ts';
import type { GuardPorts } from './ports.ts';
import { stopReason } from './stop-words.ts';

const mostStops = 20;
/** As long as gateways may still tell of a rollout that was under way, and people look at it. */
const keptMs = 7 * 86_400_000;

interface Parts {
  changes: Pick<Changes, 'rollBack' | 'summaries'>;
  ports: GuardPorts;
  onStop(policy: string): void;
}

/** Looks at rollouts, takes those back that are clearly worse, and tells how each stands. */
export class GuardDesk {
  readonly #platform: Pick<Platform, 'store' | 'clock' | 'telemetry'>;
  readonly #parts: Parts;

  constructor(platform: Pick<Platform, 'store' | 'clock' | 'telemetry'>, parts: Parts) {
    this.#platform = platform;
    this.#parts = parts;
  }

  /** One look at everything that is under way. */
  async turn(signal: AbortSignal): Promise<void> {
    const { store, clock, telemetry } = this.#platform;
    for (const rollout of await this.#parts.ports.rollouts()) {
      if (signal.aborted) return;
      try {
        await this.#look(rollout);
      } catch (error) {
        telemetry.log.warn(
          { err: error, change: rollout.changeId },
          'A rollout could not be looked at; the next turn does',
        );
      }
    }
    await forgetTallies(store, new Date(clock.now().getTime() - keptMs));
  }

  /** How the rollout of a policy stands, and which ones of it were stopped. @throws AppError NOT_FOUND */
  async of(policy: string, caller: Caller): Promise<RolloutGuard> {
    const { changes, ports } = this.#parts;
    const { store } = this.#platform;
    await ports.policies.get(policy, caller);
    const { tenant } = caller.scope;
    const rollouts = await ports.rollouts();
    const rollout = rollouts.find((one) => one.tenant === tenant && one.policy === policy);
    const kept = await listStops(store, tenant, policy, mostStops);
    const undone = new Set(
      (
        await changes.summaries(
          kept.map(({ changeId }) => changeId),
          tenant,
        )
      )
        .filter(({ state }) => state === 'rolling_back' || state === 'rolled_back')
        .map(({ id }) => id),
    );
    return {
      ...(rollout ? { running: await this.#running(rollout) } : {}),
      stops: kept.filter(({ changeId }) => undone.has(changeId)).map(stopOf),
    };
  }

  async #running(rollout: Rollout): Promise<NonNullable<RolloutGuard['running']>> {
    const { changeId, version, stable, share } = rollout;
    const settings = guardOf(rollout);
    const sides = await sidesOf(this.#platform.store, changeId, share);
    const judgement = judge(sides.candidate, sides.stable, settings);
    const costGap = costGapOf(sides.candidate, sides.stable);
    return {
      ...{ changeId, version, share, state: judgement.state, evidence: evidenceOf(judgement, sides) },
      ...{ stopsItself: settings.stopsItself, minCalls: settings.minCalls },
      ...(stable === undefined ? {} : { stable }),
      ...(costGap ? { costGap } : {}),
    };
  }

  async #look(rollout: Rollout): Promise<void> {
    const { store, clock } = this.#platform;
    const { tenant, policy, version, stable, share, changeId } = rollout;
    const settings = guardOf(rollout);
    if (!settings.stopsItself) return;
    const sides = await sidesOf(store, changeId, share);
    const judgement = judge(sides.candidate, sides.stable, settings);
    if (judgement.state !== 'stopped') return;
    const evidence = evidenceOf(judgement, sides);
    const reason = stopReason(share, judgement.findings, sides.candidate.calls, evidence.currency);
    // What was seen is kept first: after a crash in between, the next turn takes the version back.
    const at = clock.now();
    await keepStop(store, { changeId, tenant, policy, version, stable: stable ?? null, share, evidence, reason, at });
    try {
      await this.#parts.changes.rollBack(changeId, guardOfTenant(tenant), reason);
      this.#parts.onStop(policy);
    } catch (error) {
      // Somebody was faster, or the Change is at a step that it must finish first.
      if (!isAppError(error) || error.code !== 'CONFLICT') throw error;
    }
  }
}

/** Who the history and the audit log name. */
function guardOfTenant(tenant: string): Caller {
  return {
    ...{ kind: 'node', id: 'system:rollout-guard', name: 'Guard of rollouts', roles: [] },
    ...{ permissions: new Set(['changes:apply'] as const), scope: wholeTenant(tenant) },
  };
}

function evidenceOf({ findings }: Judgement, { candidate, stable }: Sides): Stop['evidence'] {
  const currency = candidate.currency || stable.currency;
  return { findings, candidateCalls: candidate.calls, stableCalls: stable.calls, currency };
}

function stopOf({ changeId, version, stable, share, evidence, reason, at }: Stop): RolloutGuard['stops'][number] {
  return {
    ...{ changeId, version, share, reason, at: at.toISOString() },
    evidence,
    ...(stable === null ? {} : { stable }),
  };
}
