import Type from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Platform } from '../platform/platform.ts';
import { destroyKey } from './key-repository.ts';

const DestroyedSchema = Type.Object({
  id: Type.String({ description: 'Of the key that is gone' }),
  destroyedAt: Type.String({ format: 'date-time' }),
});

/** @param erase deletes what the key has encrypted: without the key it is of no use */
export function tenantKeyRoutes(
  app: App,
  { store, audit, clock }: Pick<Platform, 'store' | 'audit' | 'clock'>,
  erase: readonly ((tx: Platform['store'], tenant: string) => Promise<void>)[],
): void {
  app.delete(
    '/api/gateway/tenant-key',
    {
      config: { permission: 'keys:manage' },
      schema: {
        tags: ['Gateway'],
        summary: 'Destroy the key that prompts and answers are encrypted with',
        description:
          'Erases every kept prompt and answer of the tenant for good, also in backups, as nothing can decrypt them again. ' +
          'Gateways forget theirs within two seconds; what is kept from then on has a new key.',
        response: { 200: DestroyedSchema },
      },
    },
    async ({ caller, traceId }) => {
      const { tenant, regions, teams, products } = caller.scope;
      if (regions !== 'all' || teams !== 'all' || products !== 'all')
        throw new AppError('FORBIDDEN', 'Only who sees all of the tenant may erase what the gateway keeps of it.');
      const now = clock.now();
      return store.transaction(async (tx) => {
        const id = await destroyKey(tx, tenant, now);
        if (id === undefined) throw new AppError('NOT_FOUND', 'The tenant has no key: nothing is kept of it.');
        for (const one of erase) await one(tx, tenant);
        const after = { id, destroyedAt: now.toISOString() };
        await audit.record(
          { tenant, actor: caller, traceId, action: 'tenant-key.destroy', target: `tenant-key:${id}`, after },
          tx,
        );
        return after;
      });
    },
  );
}
