import { AppError } from '../platform/errors/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { TenantKeys } from '../tenant-keys/index.ts';
import type { ReadPrompt } from './contract.ts';
import type { KeptPrompt, PromptKeeper } from './prompt-keeper.ts';
import { placeOf } from './prompt-repository.ts';

/** Calls of one policy that may have begun to be kept in the same millisecond. */
const mostAtOnce = 200;

/** Where people read what was kept of a call: it is noted who read which. */
export class PromptDesk {
  readonly #platform: Pick<Platform, 'store' | 'audit'>;
  readonly #keys: Pick<TenantKeys, 'refresh'>;
  readonly #keeper: Pick<PromptKeeper, 'read'>;

  constructor(
    platform: Pick<Platform, 'store' | 'audit'>,
    keys: Pick<TenantKeys, 'refresh'>,
    keeper: Pick<PromptKeeper, 'read'>,
  ) {
    this.#platform = platform;
    this.#keys = keys;
    this.#keeper = keeper;
  }

  /** @throws AppError NOT_FOUND where nothing is kept of the call, or nothing that the caller sees: then nothing is noted */
  async read(requestId: string, { caller, traceId }: { caller: Caller; traceId: string }): Promise<ReadPrompt> {
    const found = await this.#find(requestId, caller);
    if (!found)
      throw new AppError('NOT_FOUND', `No prompt of a call ${requestId} is kept that you may see.`, {
        help: 'Prompts are kept under policies with `store: { prompts: true }` alone, a few seconds after the call, until their days are over or the key of the tenant is destroyed.',
      });
    const { tenant } = caller.scope;
    const [action, target] = ['gateway-prompt.read', `gateway-call:${requestId}`];
    const { policy, version, createdAt } = found;
    await this.#platform.audit.record({ tenant, actor: caller, traceId, action, target, after: { policy, version } });
    return { ...found, createdAt: createdAt.toISOString() };
  }

  async #find(requestId: string, { scope }: Caller): Promise<KeptPrompt | undefined> {
    const place = await placeOf(this.#platform.store, scope.tenant, requestId);
    if (!place) return undefined;
    const { policy, createdAt: from } = place;
    const look = async (): Promise<KeptPrompt | undefined> => {
      const query = { policy, from, to: new Date(from.getTime() + 1), limit: mostAtOnce };
      return (await this.#keeper.read(query, scope)).find((one) => one.requestId === requestId);
    };
    const found = await look();
    if (found) return found;
    // Where nobody else does, it is here that this process learns of a key that took the place of a destroyed one.
    await this.#keys.refresh();
    return look();
  }
}
