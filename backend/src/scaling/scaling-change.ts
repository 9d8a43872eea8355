import Type, { type Static } from 'typebox';
import type { ChangeHandler } from '../changes/index.ts';
import { resources, type Cluster, type KubeObject, type ObjectRef } from '../kubernetes/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';

export const scalingKind = 'scaling';

const Count = Type.Integer({ minimum: 0, maximum: 10_000 });
const ScalingPayload = Type.Object(
  {
    tenant: Type.String({ minLength: 1 }),
    cluster: Type.String({ minLength: 1 }),
    workload: Type.String({ minLength: 1, maxLength: 300 }),
    ref: Type.Object({
      apiVersion: Type.String(),
      kind: Type.String(),
      namespace: Type.String(),
      name: Type.String(),
    }),
    road: Type.Union([Type.Literal('scale'), Type.Literal('hpa-minimum'), Type.Literal('keda-minimum')]),
    /** Name of the autoscaler whose minimum is written. */
    autoscaler: Type.Optional(Type.String()),
    from: Count,
    to: Count,
    decidedAt: Type.String({ format: 'date-time' }),
    /** After this the decision is too old to be carried out. */
    validUntil: Type.String({ format: 'date-time' }),
    foreseen: Type.Boolean(),
    reason: Type.Object({ en: Type.String(), ko: Type.String() }),
    /** Of the replicas that are added or removed; null where they have no price. */
    hourCost: Type.Union([Type.Null(), Type.Object({ amount: Type.String(), currency: Type.String() })]),
  },
  { additionalProperties: false },
);
export type ScalingOrder = Static<typeof ScalingPayload>;

export interface Applied {
  before: number;
}

export interface ScalingHands {
  clock: Clock;
  find(tenant: string, cluster: string): Cluster | undefined;
  /** Why the workload may not be scaled any more since it was decided; undefined where it may. */
  refusal(order: ScalingOrder): Promise<string | undefined>;
  /** Replicas that the newest order for the workload asks for, with the Change that carries it. */
  newest(order: ScalingOrder): Promise<{ changeId: number; to: number } | undefined>;
  /** Leaves the workload alone for a while, and says why. */
  hold(order: ScalingOrder, minutes: number, reason: string): Promise<void>;
  /** Tells people once that it is done. */
  tell(order: ScalingOrder, changeId: number, ready: number): Promise<void>;
}

/** Minutes for which a workload is left alone after somebody else has written its replicas, and after an undo. */
const foughtMinutes = 30;
const undoneMinutes = 60;
/** Pods need some time before it can be said how many are ready. */
export const verifyAfterMs = 60_000;

/** The Change that gives a workload its replicas. It writes only what it finds as it was decided on. */
export function scalingHandler(hands: ScalingHands): ChangeHandler<typeof ScalingPayload, Applied> {
  const clusterOf = (order: ScalingOrder): Cluster => {
    const cluster = hands.find(order.tenant, order.cluster);
    if (cluster) return cluster;
    throw new AppError('UNPROCESSABLE', `There is no cluster ${order.cluster} any more.`, {
      help: 'Clusters stand under kubernetes.clusters in the configuration.',
    });
  };
  return {
    schema: ScalingPayload,
    verifyAfterMs,
    regionOf: ({ tenant, cluster }) => hands.find(tenant, cluster)?.region,
    ownerOf: async ({ tenant, cluster, ref }) => (await hands.find(tenant, cluster)?.workload(ref))?.belongsTo ?? {},
    preview: async (order) => ({
      summary: `${order.workload}: ${order.to} replicas instead of ${order.from}${order.road === 'scale' ? '' : ` at least (${order.road} of ${order.autoscaler ?? ''})`}`,
      before: { replicas: order.from },
      after: { replicas: order.to },
      impact: {
        ...(order.hourCost ? { money: { ...order.hourCost, period: 'hour' } } : {}),
        risk: order.to >= order.from ? 'low' : 'medium',
        text: order.reason.en,
      },
    }),
    apply: async (order, { tenant, signal }) => {
      if (order.tenant !== tenant) throw new AppError('FORBIDDEN', 'A workload can be scaled in its own tenant only.');
      if (hands.clock.now().getTime() > Date.parse(order.validUntil)) {
        throw new AppError('GONE', `It was decided at ${order.decidedAt}, which is too long ago to act on.`, {
          help: 'The next decision follows within seconds; nothing needs to be done.',
        });
      }
      const refusal = await hands.refusal(order);
      if (refusal !== undefined) {
        throw new AppError('UNPROCESSABLE', refusal, {
          help: 'GET /api/scaling/workloads shows the mode of each workload and why it is left alone.',
        });
      }
      const seat = seatOf(clusterOf(order), order);
      const present = await seat.read(signal);
      if (present.replicas === order.to) return { before: order.from };
      if (present.replicas !== order.from) {
        throw new AppError(
          'UNPROCESSABLE',
          `Somebody else has set ${present.replicas} replicas since it was decided to go from ${order.from} to ${order.to}.`,
          { help: 'The next decision starts from there.' },
        );
      }
      await seat.write(order.to, present.resourceVersion, signal);
      return { before: order.from };
    },
    verify: async (order, _applied, { changeId, signal }) => {
      const cluster = clusterOf(order);
      const { replicas } = await seatOf(cluster, order).read(signal);
      const { readyReplicas } = await cluster.workload(order.ref);
      const newest = await hands.newest(order);
      const isNewest = newest === undefined || newest.changeId <= changeId;
      if (replicas !== order.to && isNewest) {
        await hands.hold(order, foughtMinutes, `Somebody else has set ${replicas} replicas after Change ${changeId}.`);
        return {
          ok: true,
          detail: `Somebody else has set ${replicas} replicas since; Amadeus leaves the workload alone for ${foughtMinutes} minutes.`,
        };
      }
      await hands.tell(order, changeId, readyReplicas);
      return { ok: true, detail: `${readyReplicas} of ${replicas} replicas are ready.`, isTold: true };
    },
    rollback: async (order, { before }, { signal, changeId }) => {
      await hands.hold(order, undoneMinutes, `Change ${changeId} was undone.`);
      const seat = seatOf(clusterOf(order), order);
      const present = await seat.read(signal);
      // What somebody has set since is theirs.
      if (present.replicas === order.to) await seat.write(before, present.resourceVersion, signal);
    },
  };
}

interface Seat {
  read(signal: AbortSignal): Promise<{ replicas: number; resourceVersion: string }>;
  write(replicas: number, resourceVersion: string, signal: AbortSignal): Promise<void>;
}

/** Where the number stands: in the scale subresource, or as the minimum of the autoscaler that holds the workload. */
function seatOf(cluster: Cluster, { road, ref, autoscaler }: ScalingOrder): Seat {
  if (road === 'scale') {
    return {
      read: (signal) => cluster.readScale(ref, signal),
      write: async (replicas, resourceVersion, signal) => {
        await cluster.scale(ref, replicas, { resourceVersion, signal });
      },
    };
  }
  const isHpa = road === 'hpa-minimum';
  const { apiVersion, kind } = isHpa ? resources.horizontalPodAutoscalers : resources.scaledObjects;
  const field = isHpa ? 'minReplicas' : 'minReplicaCount';
  const scaler: ObjectRef = { apiVersion, kind, namespace: ref.namespace, name: autoscaler ?? '' };
  return {
    read: async () => {
      const object = await cluster.get<KubeObject & { spec?: Record<string, unknown> }>(scaler);
      const value = object.spec?.[field];
      return {
        replicas: typeof value === 'number' ? value : isHpa ? 1 : 0,
        resourceVersion: object.metadata.resourceVersion ?? '',
      };
    },
    write: async (replicas, resourceVersion, signal) => {
      const body = { metadata: { resourceVersion }, spec: { [field]: replicas } };
      await cluster.patch(scaler, { type: 'merge', body, signal });
    },
  };
}
