import type { Me as ServedMe } from '@amadeus/backend/access/contract.ts';
import type { ChangeDetail as ServedChange } from '@amadeus/backend/changes/contract.ts';
import type { CostSummary as ServedSummary, Lines } from '@amadeus/backend/cost/contract.ts';
import type { Accuracy as ServedAccuracy, Series } from '@amadeus/backend/forecasting/contract.ts';
import type { Overview as ServedOverview } from '@amadeus/backend/overview/contract.ts';
import type { WorkloadState } from '@amadeus/backend/workloads/contract.ts';

/** What the service answers, as far as the pages read it. Money is an exact decimal in a string. */

export interface Me {
  id: string;
  name: string;
  roles: string[];
  permissions: string[];
  scope: { regions: 'all' | string[]; teams: 'all' | string[]; products: 'all' | string[] };
}

export interface Notice {
  severity: string;
  text: string;
  /** The same in Korean, where the service says it in both. */
  ko?: string;
}

export interface DataSourceState {
  source: string;
  kind: string;
  lastAt: string | null;
  rows: number;
  quarantined: number;
  state: 'fresh' | 'stale' | 'empty';
}

export interface Overview {
  sentence: { en: string; ko: string };
  spend: {
    currency: string;
    month: string;
    previousMonth: string;
    /** Of the previous month, up to the same day. */
    previousToDate: string;
    forecastMonth: string | null;
    daily: Array<{ day: string; cost: string }>;
  };
  traffic: {
    nextPeak: { at: string; requestsPerMinute: number; lower: number; upper: number; workload: string } | null;
    accuracy: { mape10: number | null; coverage: number | null } | null;
  };
  changes: { pending: number };
  sources: DataSourceState[];
  /** What is shown comes from the generated estate. */
  estate: boolean;
  notices?: Notice[];
}

export interface CostRow {
  keys: Record<string, string>;
  cost: string;
  previousCost?: string;
  share?: string;
  lines?: number;
  at?: string;
  /** All groups beyond the limit together. */
  other?: boolean;
}

export interface CostSummary {
  metric: string;
  currency: string;
  from: string;
  to: string;
  dims: string[];
  rows: CostRow[];
  total: { cost: string; previousCost?: string; lines: number };
  currencies: string[];
  quality?: { withoutTeamShare?: string | null };
  freshness?: { newestChargePeriodEnd?: string | null };
  cachedAgeSeconds?: number;
  notices?: Notice[];
}

export interface Dimension {
  name: string;
  label: string;
  values?: number;
}

export type CostLine = Record<string, string | number | null>;

export interface CostLines extends Pick<Lines, 'nextCursor'> {
  lines: CostLine[];
}

export interface Workload {
  workload: string;
  region?: string;
  lastMinute?: string | null;
  requestsPerMinute?: number | null;
  replicas?: number | null;
  champion?: string | null;
  state?: string;
}

export interface TrafficAhead {
  minutes: string[];
  predicted: number[];
  lower: number[];
  upper: number[];
  issuedAt: string;
}

export interface TrafficSeries {
  forecaster?: string;
  actual: Array<number | null>;
  upper: Array<number | null>;
  ahead?: TrafficAhead | null;
}

export interface ForecasterScore {
  forecaster: string;
  horizon: number;
  n: number;
  mae: number | null;
  rmse: number | null;
  mape: number | null;
  coverage: number | null;
}

export interface Accuracy {
  forecasters: ForecasterScore[];
  champion?: string | null;
}

export interface Person {
  id: string;
  name: string;
}

export interface ChangeSummary {
  id: number;
  kind: string;
  target: string;
  state: string;
  mode: 'observe' | 'approve' | 'auto';
  approvalsNeeded: number;
  approvals: number;
  reason: string;
  summary: string;
  author: Person;
  createdAt: string;
  updatedAt: string;
  expiresAt: string;
  failure?: string;
}

export interface ChangePreview {
  summary: string;
  diff?: string;
  before?: unknown;
  after?: unknown;
  impact?: {
    money?: { amount: string; currency: string; period?: string };
    risk?: 'low' | 'medium' | 'high';
    text?: string;
  };
}

export interface ChangeDetail extends ChangeSummary {
  preview: ChangePreview;
  canRollBack: boolean;
  approvedBy: Array<{ person: Person; at: string; comment?: string }>;
  comments: Array<{ id: number; author: Person; at: string; text: string }>;
  history: Array<{ at: string; actor: Person; event: string; from?: string; to: string; note?: string }>;
}

type Serves<Page, Served extends Page> = Served extends Page ? true : never;

/** Holds as long as the service's own contracts give what the pages read; otherwise the type check fails here. */
export type Contracts = [
  Serves<Me, ServedMe>,
  Serves<Overview, ServedOverview>,
  Serves<CostSummary, ServedSummary>,
  Serves<Workload, WorkloadState>,
  Serves<TrafficSeries, Series>,
  Serves<Accuracy, ServedAccuracy>,
  Serves<ChangeDetail, ServedChange>,
];
