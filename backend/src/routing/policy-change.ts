import Type, { type Static } from 'typebox';
import type { ChangeHandler } from '../changes/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Store } from '../platform/store/index.ts';
import { everyTenant, findActivation, findVersion, saveActivation, type KeptActivation } from './policy-repository.ts';
import { policyYaml } from './policy-text.ts';
import { begun, settled, type Activation } from './rollout.ts';
import { unifiedDiff } from './text-diff.ts';

export const policyKind = 'routing-policy';

const PolicyPayload = Type.Object(
  {
    tenant: Type.String({ minLength: 1 }),
    policy: Type.String({ minLength: 1, maxLength: 100 }),
    /** Absent: the policy is withdrawn, and nothing is decided by it any more. */
    version: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    steps: Type.Array(
      Type.Object({
        share: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
        afterMinutes: Type.Integer({ minimum: 0 }),
      }),
      { minItems: 1, maxItems: 10 },
    ),
    at: Type.Optional(Type.String({ format: 'date-time' })),
    stickyBy: Type.Union([Type.Literal('session'), Type.Literal('key')]),
  },
  { additionalProperties: false },
);
export type PolicyOrder = Static<typeof PolicyPayload>;

interface Applied {
  /** What served everybody before. */
  stable: string | null;
}

/**
 * The Change that has a version of a policy serve. Undoing it gives everybody the version that was stable before, at once, also
 * where it was the last of several steps.
 */
export function policyHandler(ground: { store: Store; clock: Clock }): ChangeHandler<typeof PolicyPayload, Applied> {
  const { store, clock } = ground;
  const contentOf = async (order: PolicyOrder, version: string | undefined): Promise<string> => {
    if (version === undefined) return '';
    const found = await findVersion(store, order.tenant, order.policy, version);
    if (!found)
      throw new AppError('UNPROCESSABLE', `Policy ${order.policy} has no version ${version}.`, {
        help: 'GET /api/routing/policies/{name} lists the versions; a draft is published first.',
      });
    return policyYaml(found.content);
  };
  const written = async (order: PolicyOrder, key: string, changeId: number): Promise<Applied> =>
    store.transaction(async (tx) => {
      const { tenant, policy } = order;
      // Two first activations of one policy: the second waits for the first.
      await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`routing:${tenant}:${policy}`]);
      const before = await findActivation(tx, tenant, policy, true);
      const now = clock.now();
      const present = before && settled(before, now.getTime());
      const next: Activation =
        order.version === undefined
          ? { steps: [], stickyBy: order.stickyBy }
          : begun(before, { ...order, version: order.version }, now.getTime());
      await saveActivation(tx, tenant, { ...next, policy, changeId, attempt: key }, now);
      return { stable: present?.stable ?? null };
    });
  return {
    schema: PolicyPayload,
    preview: async (order) => {
      if (order.tenant === everyTenant) throw new AppError('UNPROCESSABLE', 'The configuration decides about it.');
      const activation = await findActivation(store, order.tenant, order.policy);
      const present = activation && settled(activation, clock.now().getTime());
      const [before, after] = await Promise.all([contentOf(order, present?.stable), contentOf(order, order.version)]);
      return {
        summary: summaryOf(order, present?.stable),
        diff: unifiedDiff(before, after, { from: present?.stable ?? 'nothing', to: order.version ?? 'nothing' }),
        before: { version: present?.stable ?? null },
        after: { version: order.version ?? null, steps: order.steps, at: order.at ?? null },
        impact: { risk: order.steps[0]!.share < 1 ? 'low' : 'medium', text: 'Calls in progress end as they began.' },
      };
    },
    apply: async (order, { tenant, idempotencyKey, changeId }) => {
      if (order.tenant !== tenant) throw new AppError('FORBIDDEN', 'A policy can be activated in its own tenant only.');
      await contentOf(order, order.version);
      return written(order, idempotencyKey, changeId);
    },
    idempotent: false,
    isApplied: async (key, order) => {
      const present = await findActivation(store, order.tenant, order.policy);
      if (present?.attempt !== key) return { applied: false };
      return { applied: true, result: { stable: present.stable ?? null } };
    },
    rollback: async (order, { stable }, { changeId, idempotencyKey }) =>
      store.transaction(async (tx) => {
        const present = await findActivation(tx, order.tenant, order.policy, true);
        if (!present || present.attempt === idempotencyKey) return;
        if (present.changeId !== changeId)
          throw new AppError('UNPROCESSABLE', `Change ${present.changeId} has changed the policy since.`, {
            help: `Undo Change ${present.changeId}, or activate the version that you want.`,
          });
        const next: KeptActivation = {
          ...{ policy: order.policy, steps: [], stickyBy: order.stickyBy, changeId, attempt: idempotencyKey },
          ...(stable === null ? {} : { stable }),
        };
        await saveActivation(tx, order.tenant, next, clock.now());
      }),
  };
}

function summaryOf({ policy, version, steps, at }: PolicyOrder, stable: string | undefined): string {
  if (version === undefined) return `Policy ${policy} is withdrawn: policies behind it decide.`;
  const shares = steps.map(
    ({ share, afterMinutes }) =>
      `${Math.round(share * 1000) / 10} %${afterMinutes === 0 ? '' : ` after ${afterMinutes} min`}`,
  );
  const start = at === undefined ? '' : ` from ${at} on`;
  return `Policy ${policy}: ${version} instead of ${stable ?? 'the policies behind it'} for ${shares.join(', then ')}${start}.`;
}
