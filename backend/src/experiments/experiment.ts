import type { Policy } from '../routing/index.ts';
import type { Comparison, ExperimentSettings } from './contract.ts';

/** An experiment as it is kept. Amounts are exact decimals. */
export interface Experiment {
  id: string;
  tenant: string;
  name: string;
  kind: 'shadow' | 'ab';
  state: 'draft' | 'running' | 'ended';
  /** Policy whose calls are looked at. */
  policy: string;
  bPolicy: string;
  bVersion: string;
  bContent: Policy;
  settings: ExperimentSettings;
  budget: string;
  currency: string;
  spent: string;
  observed: number;
  verdict: Comparison | null;
  endReason: string | null;
  changeId: number | null;
  author: { id: string; name: string };
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

/** The policy by which side B is served. */
export function policyOfB({ bContent, bVersion }: Experiment): Policy {
  return { ...bContent, version: bVersion };
}
