import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';

/** What a person types; times are local ones of this person's Grafana, as `2026-11-27T20:00`. */
export interface EventDraft {
  name: string;
  /** Empty: every workload. */
  workload: string;
  starts: string;
  ends: string;
  ratio: string;
  note: string;
}

export type EventProblems = Partial<Record<'name' | 'starts' | 'ends' | 'ratio', true>>;

/** Epoch milliseconds of a local time; undefined where it is none. */
export type ReadTime = (text: string) => number | undefined;

const longestMs = 14 * 86_400_000;

/** What has to be mended before the draft can be sent. */
export function problemsOf(draft: EventDraft, read: ReadTime): EventProblems {
  const [starts, ends] = [read(draft.starts), read(draft.ends)];
  const length = (ends ?? 0) - (starts ?? 0);
  const isOrdered = ends !== undefined && (starts === undefined || (length > 0 && length <= longestMs));
  return {
    ...(draft.name.trim() === '' ? { name: true } : {}),
    ...(starts === undefined ? { starts: true } : {}),
    ...(isOrdered ? {} : { ends: true }),
    ...(isRatio(draft.ratio) ? {} : { ratio: true }),
  };
}

function isRatio(text: string): boolean {
  const ratio = Number(text);
  return text.trim() === '' || (Number.isFinite(ratio) && ratio >= 0.01 && ratio <= 100);
}

export interface EventBody {
  name: string;
  workload?: string;
  startsAt: string;
  endsAt: string;
  ratio?: number;
  note?: string;
}

/** The draft as the service takes it. Only for a draft without problems. */
export function bodyOf(draft: EventDraft, read: ReadTime): EventBody {
  const instant = (text: string) => new Date(read(text) ?? Number.NaN).toISOString();
  return {
    name: draft.name.trim(),
    ...(draft.workload === '' ? {} : { workload: draft.workload }),
    startsAt: instant(draft.starts),
    endsAt: instant(draft.ends),
    ...(draft.ratio.trim() === '' ? {} : { ratio: Number(draft.ratio) }),
    ...(draft.note.trim() === '' ? {} : { note: draft.note.trim() }),
  };
}

/** A new draft, or one that says what the event says. `write`: the local time of an instant. */
export function draftOf(event: EventView | undefined, write: (instant: number) => string, now: number): EventDraft {
  const hour = 3_600_000;
  const next = Math.ceil(now / hour) * hour;
  return {
    name: event?.name ?? '',
    workload: event?.workload ?? '',
    starts: write(event ? Date.parse(event.startsAt) : next),
    ends: write(event ? Date.parse(event.endsAt) : next + hour),
    ratio: event?.ratio === undefined ? '' : String(event.ratio),
    note: event?.note ?? '',
  };
}
