import type { Caller, Scope } from '../platform/identity/index.ts';

/** What search needs of the rooms that know names; each answers what the caller may see. */
export interface SearchPorts {
  /** Ids of the bills that count. */
  bills(scope: Scope, signal?: AbortSignal): Promise<{ dropId: string }[]>;
  budgets(scope: Scope): Promise<{ id: string; name: string }[]>;
  views(
    caller: Caller,
  ): Promise<{ id: string; name: string; page: string; params: Record<string, string[]>; owner: { name: string } }[]>;
  sources(scope: Scope): Promise<{ source: string; title: string; region: string }[]>;
  workloads(scope: Scope): Promise<{ workload: string; region: string }[]>;
}
