import Type, { type Static } from 'typebox';
import type { ChangeHandler } from '../changes/index.ts';
import type { Cluster, Container, ObjectRef } from '../kubernetes/index.ts';
import { ObjectRefSchema } from './contract.ts';
import { bears, changed, checkOwners, clusterFor, containerNow, podsNow, write, type Operation } from './treatment.ts';

export const memoryKind = 'healing.memory';

const MemorySchema = Type.Object(
  {
    tenant: Type.String({ minLength: 1 }),
    cluster: Type.String({ minLength: 1 }),
    ref: ObjectRefSchema,
    container: Type.String({ minLength: 1, maxLength: 253 }),
    /** Limits as quantities; `original` is the one before the first raise of this series. */
    before: Type.String({ maxLength: 40 }),
    after: Type.String({ maxLength: 40 }),
    original: Type.String({ maxLength: 40 }),
    /** True where the request equals the limit, and must go with it to keep the quality of service. */
    withRequest: Type.Boolean(),
    owner: Type.Optional(
      Type.String({ maxLength: 300, description: 'Who keeps the object, where a patch would be undone' }),
    ),
  },
  { additionalProperties: false },
);
export type MemoryPayload = Static<typeof MemorySchema>;

interface Applied {
  at: string;
  /** The limit that stood there before. */
  before: string;
}

interface Doors {
  find(tenant: string, name: string): Cluster | undefined;
  now(): Date;
  verifyMs: number;
  /** Whether the settings still let it be acted on. @throws AppError */
  checkMode(tenant: string, cluster: string, ref: ObjectRef): Promise<void>;
}

/** The Change that gives a container more memory. */
export function memoryHandler(doors: Doors): ChangeHandler<typeof MemorySchema, Applied> {
  return {
    schema: MemorySchema,
    verifyAfterMs: doors.verifyMs,
    regionOf: ({ tenant, cluster }) => doors.find(tenant, cluster)?.region,
    ownerOf: async ({ tenant, cluster, ref }) => (await doors.find(tenant, cluster)?.workload(ref))?.belongsTo ?? {},
    preview: async (payload) => ({
      summary: `Raise the memory limit of ${payload.container} in ${nameOf(payload)} from ${payload.before} to ${payload.after}`,
      diff: diffOf(payload),
      before: { memory: payload.before },
      after: { memory: payload.after },
      impact: {
        risk: 'low',
        text: payload.owner
          ? `${payload.owner} keeps this object: make the change in its source; a patch here would be undone.`
          : 'Its pods are replaced one after the other.',
      },
    }),
    apply: async (payload, { tenant, idempotencyKey, signal }) => {
      const cluster = clusterFor(doors.find, payload, tenant);
      const { ref, container: name, before, after } = payload;
      const { object, index, container } = await containerNow(cluster, ref, name);
      if (bears(object, idempotencyKey) && limitOf(container) === after)
        return { at: doors.now().toISOString(), before };
      await doors.checkMode(tenant, payload.cluster, ref);
      await checkOwners(cluster, ref, 'memory');
      if (limitOf(container) !== before)
        throw changed(ref, `its memory limit is ${limitOf(container) ?? 'gone'} by now`);
      await write(cluster, ref, object, idempotencyKey, steps(index, payload, before, after), signal);
      return { at: doors.now().toISOString(), before };
    },
    isApplied: async (key, payload) => {
      const cluster = clusterFor(doors.find, payload, payload.tenant);
      const { object, container } = await containerNow(cluster, payload.ref, payload.container);
      const applied = bears(object, key) && limitOf(container) === payload.after;
      return applied
        ? { applied, result: { at: doors.now().toISOString(), before: payload.before } }
        : { applied: false };
    },
    verify: async (payload, applied) => verified(clusterFor(doors.find, payload, payload.tenant), payload, applied),
    rollback: async (payload, _applied, { tenant, idempotencyKey, signal }) => {
      const cluster = clusterFor(doors.find, payload, tenant);
      const { ref, container: name, after, original } = payload;
      const { object, index, container } = await containerNow(cluster, ref, name);
      // Somebody has chosen another limit since, or it is back already.
      if (limitOf(container) !== after) return;
      await write(cluster, ref, object, idempotencyKey, steps(index, payload, after, original), signal);
    },
  };
}

async function verified(cluster: Cluster, { ref, container: name, after }: MemoryPayload, { at }: Applied) {
  const { object, container } = await containerNow(cluster, ref, name);
  const limit = limitOf(container);
  if (limit !== after)
    return { ok: true, detail: `Its limit is ${limit ?? 'gone'} by now; this one has done its part.` };
  const pods = (await podsNow(cluster, object)).filter(({ spec }) =>
    spec.containers.some((one) => one.name === name && limitOf(one) === after),
  );
  if (!object.spec.selector?.matchLabels)
    return { ok: true, detail: 'Its pods cannot be told apart; it was not verified.' };
  if (pods.length === 0) return { ok: false, detail: `No pod with ${after} came to be.` };
  const unplaced = pods.every(({ status }) => status?.conditions?.some(({ reason }) => reason === 'Unschedulable'));
  if (unplaced) return { ok: false, detail: `No node has room for a pod with ${after}.` };
  const killed = pods.filter(({ status }) =>
    (status?.containerStatuses ?? []).some((one) => {
      const ended = one.state?.terminated ?? one.lastState?.terminated;
      return one.name === name && ended?.reason === 'OOMKilled' && Date.parse(ended.finishedAt ?? '') > Date.parse(at);
    }),
  );
  if (killed.length === 0) return { ok: true, detail: `Nothing was killed for memory since it has ${after}.` };
  return {
    ok: false,
    detail: `${killed.length} of ${pods.length} pods were killed for memory although they have ${after}.`,
  };
}

function limitOf({ resources }: Pick<Container, 'resources'>): string | undefined {
  return resources?.limits?.memory;
}

function steps(index: number, { container, withRequest }: MemoryPayload, before: string, after: string): Operation[] {
  const at = `/spec/template/spec/containers/${index}`;
  return [
    { op: 'test', path: `${at}/name`, value: container },
    { op: 'test', path: `${at}/resources/limits/memory`, value: before },
    { op: 'replace', path: `${at}/resources/limits/memory`, value: after },
    ...(withRequest ? [{ op: 'add' as const, path: `${at}/resources/requests/memory`, value: after }] : []),
  ];
}

function nameOf({ cluster, ref }: MemoryPayload): string {
  return `${cluster}/${ref.namespace}/${ref.name}`;
}

function diffOf({ ref, container, before, after, withRequest }: MemoryPayload): string {
  const name = `${ref.kind.toLowerCase()}/${ref.namespace}/${ref.name}`;
  const part = (field: string) => [`     ${field}:`, `-      memory: ${before}`, `+      memory: ${after}`];
  return [
    `--- ${name}`,
    `+++ ${name}`,
    `@@ spec.template.spec.containers @@`,
    ` - name: ${container}`,
    `   resources:`,
    ...part('limits'),
    ...(withRequest ? part('requests') : []),
    '',
  ].join('\n');
}
