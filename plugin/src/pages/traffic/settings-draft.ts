import type { ScalingSettings, ScalingUpdate } from '@amadeus/backend/scaling/contract.ts';

/** Settings that are numbers, with what the service takes. */
const bounds = {
  minReplicas: { min: 0, max: 10_000, whole: true, empty: false },
  maxReplicas: { min: 1, max: 10_000, whole: true, empty: false },
  targetShare: { min: 0.2, max: 0.95, whole: false, empty: false },
  quantile: { min: 0.5, max: 0.99, whole: false, empty: false },
  latencyLimitMs: { min: 0.001, max: 600_000, whole: false, empty: true },
  requestsPerPod: { min: 0.001, max: Infinity, whole: false, empty: true },
  stabilisationMinutes: { min: 0, max: 120, whole: true, empty: false },
  stepUpShare: { min: 0, max: 10, whole: false, empty: false },
  stepUpReplicas: { min: 1, max: 1000, whole: true, empty: false },
  stepDownShare: { min: 0.01, max: 1, whole: false, empty: false },
  actsPerHour: { min: 1, max: 240, whole: true, empty: false },
  earlyMinutes: { min: 0, max: 8, whole: true, empty: false },
} as const;
export type NumberField = keyof typeof bounds;
const numberFields = Object.keys(bounds) as NumberField[];

type WindowSettings = ScalingSettings['windows'][number];
export type WindowDraft = Omit<WindowSettings, 'minReplicas'> & { minReplicas: string };

/** What a person types; numbers are texts until they are sent. */
export interface SettingsDraft extends Pick<ScalingSettings, 'mode' | 'road' | 'whenGitOps'> {
  numbers: Record<NumberField, string>;
  windows: WindowDraft[];
  reason: string;
}

export interface DraftProblems {
  numbers: Partial<Record<NumberField, 'range' | 'above-maximum'>>;
  /** By their place; what is wrong with each. */
  windows: Array<'time' | 'equal' | 'zone' | 'replicas' | undefined>;
  reason: boolean;
}

export function draftOf(settings: ScalingSettings): SettingsDraft {
  const { mode, road, whenGitOps, windows } = settings;
  const numbers = Object.fromEntries(
    numberFields.map((field) => [field, settings[field] === null ? '' : String(settings[field])]),
  ) as SettingsDraft['numbers'];
  return {
    ...{ mode, road, whenGitOps, numbers, reason: '' },
    windows: windows.map((window) => ({ ...window, minReplicas: String(window.minReplicas) })),
  };
}

/** From where to where a number may go, as people read it. */
export function rangeOf(field: NumberField): { min: number; max: number } {
  const { min, max } = bounds[field];
  return { min, max };
}

const clock = /^([01]\d|2[0-3]):[0-5]\d$/;

/** What has to be mended before the draft can be sent. */
export function problemsOf(draft: SettingsDraft): DraftProblems {
  const numbers: DraftProblems['numbers'] = {};
  for (const field of numberFields) if (!isInRange(field, draft.numbers[field])) numbers[field] = 'range';
  const most = Number(draft.numbers.maxReplicas);
  if (!numbers.minReplicas && !numbers.maxReplicas && Number(draft.numbers.minReplicas) > most) {
    numbers.minReplicas = 'above-maximum';
  }
  const windows = draft.windows.map((window) => windowProblem(window, most));
  return { numbers, windows, reason: draft.reason.trim() === '' };
}

export function isWhole(problems: DraftProblems): boolean {
  return (
    Object.keys(problems.numbers).length === 0 && problems.windows.every((one) => one === undefined) && !problems.reason
  );
}

function isInRange(field: NumberField, text: string): boolean {
  const { min, max, whole, empty } = bounds[field];
  if (text.trim() === '') return empty;
  const value = Number(text);
  return Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value));
}

function windowProblem(window: WindowDraft, most: number): DraftProblems['windows'][number] {
  if (!clock.test(window.from) || !clock.test(window.to)) return 'time';
  if (window.from === window.to) return 'equal';
  if (!isTimeZone(window.timeZone)) return 'zone';
  const replicas = Number(window.minReplicas);
  const isCount = window.minReplicas.trim() !== '' && Number.isInteger(replicas) && replicas >= 0 && replicas <= most;
  return isCount ? undefined : 'replicas';
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name !== '';
  } catch {
    return false;
  }
}

/** What differs from `settings`, with the version that was read; undefined where nothing does. */
export function updateOf(draft: SettingsDraft, settings: ScalingSettings, version: number): ScalingUpdate | undefined {
  const { mode, road, whenGitOps } = draft;
  const numbers = Object.fromEntries(
    numberFields.map((field) => [field, draft.numbers[field].trim() === '' ? null : Number(draft.numbers[field])]),
  );
  const windows = draft.windows.map((window) => ({ ...window, minReplicas: Number(window.minReplicas) }));
  const wanted = { mode, road, whenGitOps, ...numbers, windows } as ScalingSettings;
  const changed = Object.fromEntries(
    Object.entries(wanted).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(settings[name as keyof ScalingSettings]),
    ),
  );
  return Object.keys(changed).length === 0 ? undefined : { ...changed, version, reason: draft.reason.trim() };
}
