import Type, { type Static } from 'typebox';
import type { ChangeHandler } from '../changes/index.ts';
import type { Cluster, ObjectRef, ReplicatedObject } from '../kubernetes/index.ts';
import { ObjectRefSchema } from './contract.ts';
import { bears, changed, checkOwners, clusterFor, podsNow, write, type Operation } from './treatment.ts';

export const rollbackKind = 'healing.rollback';

const RollbackSchema = Type.Object(
  {
    tenant: Type.String({ minLength: 1 }),
    cluster: Type.String({ minLength: 1 }),
    ref: ObjectRefSchema,
    /** ReplicaSets: whose pods crash, and whose image comes back. */
    from: Type.String({ maxLength: 253 }),
    to: Type.String({ maxLength: 253 }),
    images: Type.Array(
      Type.Object(
        {
          container: Type.String(),
          before: Type.String({ maxLength: 1_000 }),
          after: Type.String({ maxLength: 1_000 }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 20 },
    ),
    owner: Type.Optional(Type.String({ maxLength: 300 })),
  },
  { additionalProperties: false },
);
export type RollbackPayload = Static<typeof RollbackSchema>;

interface Applied {
  at: string;
}

interface Doors {
  find(tenant: string, name: string): Cluster | undefined;
  now(): Date;
  verifyMs: number;
  checkMode(tenant: string, cluster: string, ref: ObjectRef): Promise<void>;
}

/** The Change that puts the former image back. */
export function rollbackHandler(doors: Doors): ChangeHandler<typeof RollbackSchema, Applied> {
  return {
    schema: RollbackSchema,
    verifyAfterMs: doors.verifyMs,
    regionOf: ({ tenant, cluster }) => doors.find(tenant, cluster)?.region,
    ownerOf: async ({ tenant, cluster, ref }) => (await doors.find(tenant, cluster)?.workload(ref))?.belongsTo ?? {},
    preview: async (payload) => ({
      summary: `Roll ${payload.cluster}/${payload.ref.namespace}/${payload.ref.name} back to ${payload.images.map(({ after }) => after).join(', ')}`,
      diff: diffOf(payload),
      before: { images: payload.images.map(({ before }) => before) },
      after: { images: payload.images.map(({ after }) => after) },
      impact: {
        risk: 'medium',
        text: payload.owner
          ? `${payload.owner} keeps this object: revert it in its source; a patch here would be undone.`
          : 'Its pods are replaced by the ReplicaSet before, which was well.',
      },
    }),
    apply: async (payload, { tenant, idempotencyKey, signal }) => {
      const cluster = clusterFor(doors.find, payload, tenant);
      const { ref } = payload;
      const object = await cluster.get<ReplicatedObject>(ref);
      const at = doors.now().toISOString();
      if (bears(object, idempotencyKey) && hasImages(object, payload, 'after')) return { at };
      await doors.checkMode(tenant, payload.cluster, ref);
      await checkOwners(cluster, ref, 'rollback');
      if (!hasImages(object, payload, 'before')) throw changed(ref, 'its image was changed meanwhile');
      await write(cluster, ref, object, idempotencyKey, steps(object, payload, 'before', 'after'), signal);
      return { at };
    },
    isApplied: async (key, payload) => {
      const cluster = clusterFor(doors.find, payload, payload.tenant);
      const object = await cluster.get<ReplicatedObject>(payload.ref);
      const applied = bears(object, key) && hasImages(object, payload, 'after');
      return applied ? { applied, result: { at: doors.now().toISOString() } } : { applied: false };
    },
    verify: async (payload) => verified(clusterFor(doors.find, payload, payload.tenant), payload),
    rollback: async (payload, _applied, { tenant, idempotencyKey, signal }) => {
      const cluster = clusterFor(doors.find, payload, tenant);
      const object = await cluster.get<ReplicatedObject>(payload.ref);
      // Somebody has deployed another image since, or it is back already.
      if (!hasImages(object, payload, 'after')) return;
      await write(cluster, payload.ref, object, idempotencyKey, steps(object, payload, 'after', 'before'), signal);
    },
  };
}

async function verified(cluster: Cluster, payload: RollbackPayload) {
  const object = await cluster.get<ReplicatedObject>(payload.ref);
  if (!hasImages(object, payload, 'after')) return { ok: true, detail: 'Another image was deployed since.' };
  const pods = await podsNow(cluster, object);
  const ours = pods.filter(({ spec }) =>
    payload.images.every(({ container, after }) =>
      spec.containers.some((one) => one.name === container && one.image === after),
    ),
  );
  const ready = ours.filter(({ status }) =>
    status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
  ).length;
  const wanted = object.spec.replicas ?? 1;
  const detail = `${ready} of ${wanted} pods with the former image are ready.`;
  return { ok: ready >= Math.ceil(wanted * 0.75), detail };
}

function hasImages(object: ReplicatedObject, { images }: RollbackPayload, which: 'before' | 'after'): boolean {
  const containers = object.spec.template?.spec.containers ?? [];
  return images.every((step) => containers.some(({ name, image }) => name === step.container && image === step[which]));
}

function steps(
  object: ReplicatedObject,
  { images }: RollbackPayload,
  from: 'before' | 'after',
  to: 'before' | 'after',
): Operation[] {
  const containers = object.spec.template?.spec.containers ?? [];
  return images.flatMap((step): Operation[] => {
    const index = containers.findIndex(({ name }) => name === step.container);
    const at = `/spec/template/spec/containers/${index}`;
    return [
      { op: 'test', path: `${at}/name`, value: step.container },
      { op: 'test', path: `${at}/image`, value: step[from] },
      { op: 'replace', path: `${at}/image`, value: step[to] },
    ];
  });
}

function diffOf({ ref, images }: RollbackPayload): string {
  const name = `${ref.kind.toLowerCase()}/${ref.namespace}/${ref.name}`;
  return [
    `--- ${name}`,
    `+++ ${name}`,
    `@@ spec.template.spec.containers @@`,
    ...images.flatMap(({ container, before, after }) => [
      ` - name: ${container}`,
      `-  image: ${before}`,
      `+  image: ${after}`,
    ]),
    '',
  ].join('\n');
}
