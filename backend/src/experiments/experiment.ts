import type { Policy } from '../routing/index.ts';
import type { Comparison, ExperimentSettings } from './contract.ts';

/** Calls that were drawn and could not be compared. */
export interface LeftOut {
  /** The caller hung up before the answer was there. */
  hungUp?: number;
  /** Too many copies waited. */
  dropped?: number;
  /** A budget had no room, or could not be counted. */
  refused?: number;
  /** Compared, but a model has no price: the budget of the experiment does not see what it cost. */
  unpriced?: number;
  /** Compared, but for their quality: the judge or the embedding gave none. */
  unmarked?: number;
}

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
  leftOut: LeftOut;
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
