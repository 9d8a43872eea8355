import type { Caller } from '../platform/identity/index.ts';
import type { Policy } from '../routing/index.ts';

/** What other rooms bring to experiments. */
export interface ExperimentPorts {
  policies: {
    /** Names of the policies that the caller sees. */
    list(caller: Caller): Promise<{ name: string; content: Policy; mayEdit: boolean; origin: 'api' | 'file' }[]>;
    /** @throws AppError NOT_FOUND */
    version(name: string, version: string, caller: Caller): Promise<{ content: Policy }>;
    activate(
      name: string,
      asked: { version: string; steps: { share: number; afterMinutes: number }[]; reason: string },
      caller: Caller,
    ): Promise<{ changeId: number; state: string; approvalsNeeded: number }>;
  };
  /** Votes of people for and against answers, by the ids of calls. */
  votes(tenant: string, callIds: readonly string[]): Promise<Map<string, { up: number; down: number }>>;
  /** Name of a provider of the gateway as usage and prices know it. */
  usageName(provider: string): string;
}
