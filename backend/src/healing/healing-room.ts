import type { Changes } from '../changes/index.ts';
import type { KubernetesRoom, ObjectRef } from '../kubernetes/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { Doctor } from './doctor.ts';
import { HealingDesk } from './healing-desk.ts';
import { memoryHandler, memoryKind } from './memory-change.ts';
import { modeOf } from './mode.ts';
import { rollbackHandler, rollbackKind } from './rollback-change.ts';
import { healingRoutes } from './routes.ts';
import { fleetIdentity, listModes } from './state-repository.ts';
import { Ward } from './ward.ts';

const roundEveryMs = 5_000;

/** An incident as graphs mark it. */
export interface HealingMark {
  from: Date;
  to: Date | undefined;
  workload: string;
  title: string;
  text: string;
  tags: readonly string[];
}

export interface HealingRoom extends Room {
  /** Incidents that touch [from, to), oldest first, at most 2,000. */
  marks(query: { from: Date; to: Date; workload?: string }, scope: Scope): Promise<HealingMark[]>;
}

type Ground = Pick<Platform, 'config' | 'clock' | 'store' | 'notifier' | 'telemetry' | 'audit'>;

/** The doctor: what is wrong with the pods of the clusters, and what is done about it. Without a cluster it sleeps. */
export function createHealingRoom(
  platform: Ground,
  kubernetes: KubernetesRoom,
  changes: Pick<Changes, 'register' | 'propose' | 'summaries'>,
): HealingRoom {
  const { config, clock, store, telemetry } = platform;
  const ward = new Ward({
    ...{ clock, log: telemetry.log, identity: () => fleetIdentity(store) },
    leaseOf: (cluster) => kubernetes.leaseOf(cluster, 'healing'),
  });
  const doctor = new Doctor(platform, kubernetes, changes, ward);
  const desk = new HealingDesk(platform, kubernetes, changes);
  const doors = {
    find: (tenant: string, name: string) => kubernetes.find(tenant, name),
    now: () => clock.now(),
    verifyMs: config.healing.verifyMinutes * 60_000,
    checkMode: async (tenant: string, cluster: string, { namespace, name }: ObjectRef) => {
      const rules = [...config.healing.targets, ...(await listModes(store, tenant))];
      const target = `${cluster}/${namespace}/${name}`;
      if (modeOf(target, rules, config.healing.mode) !== 'observe') return;
      throw new AppError('UNPROCESSABLE', `${target} is only observed by now: nothing is done to it.`, {
        help: 'Set its mode to approve or auto under healing.targets or by PUT /api/healing/settings, then propose it again.',
      });
    },
  };
  changes.register(memoryKind, memoryHandler(doors));
  changes.register(rollbackKind, rollbackHandler(doors));
  return {
    name: 'healing',
    routes: (app) => healingRoutes(app, desk),
    loops:
      kubernetes.clusters.length === 0
        ? []
        : [{ name: 'healing', everyMs: roundEveryMs, run: (signal) => doctor.round(signal) }],
    marks: (query, scope) => desk.marks(query, scope),
    close: () => ward.close(),
  };
}
