import type { Caller } from '../platform/identity/index.ts';
import type { Rollout } from '../routing/index.ts';

/** What other rooms bring to the guard of rollouts. */
export interface GuardPorts {
  policies: {
    /** @throws AppError NOT_FOUND where the caller does not see it */
    get(name: string, caller: Caller): Promise<unknown>;
  };
  /** Rollouts of all tenants that are under way. */
  rollouts(): Promise<Rollout[]>;
}
