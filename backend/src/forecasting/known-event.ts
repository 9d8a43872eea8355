import { AppError } from '../platform/errors/index.ts';

/** Something that is known to change traffic for a while: a sale, a deploy, a holiday. */
export interface KnownEvent {
  tenant: string;
  id: string;
  name: string;
  /** null: every workload. */
  workload: string | null;
  startsAt: Date;
  endsAt: Date;
  /** How many times the usual traffic people expect; null: they have not said. */
  ratio: number | null;
  note: string;
  origin: 'api' | 'file' | 'grafana';
  version: number;
  /** Since when it is known; forecasts issued earlier do not count on it. */
  knownSince: Date;
  createdBy: { id: string; name: string };
  updatedAt: Date;
}

/** What people say of an event. */
export interface EventInput {
  name: string;
  workload?: string;
  startsAt: string;
  endsAt: string;
  ratio?: number;
  note?: string;
}

const longestMs = 14 * 86_400_000;

/** The same with instants. @throws AppError VALIDATION_FAILED where it ends before it begins, or lasts too long. */
export function checkedEvent(
  input: EventInput,
): Pick<KnownEvent, 'name' | 'workload' | 'startsAt' | 'endsAt' | 'ratio' | 'note'> {
  const [startsAt, endsAt] = [new Date(input.startsAt), new Date(input.endsAt)];
  const length = endsAt.getTime() - startsAt.getTime();
  if (!(length > 0)) throw new AppError('VALIDATION_FAILED', '`endsAt` has to lie after `startsAt`.');
  if (length > longestMs) {
    throw new AppError('VALIDATION_FAILED', 'An event lasts 14 days at most.', {
      help: 'Give a longer time as several events of one name.',
    });
  }
  const { name, workload = null, ratio = null, note = '' } = input;
  return { name: name.trim(), workload, startsAt, endsAt, ratio, note };
}

/** What an earlier event of the name did to a workload. */
export interface EventEffect {
  name: string;
  startsAt: Date;
  /** Minutes before the start at which `ratios` begin. */
  lead: number;
  /** Traffic as a multiple of what was to be expected without the event, minute by minute. */
  ratios: readonly number[];
}

/** The newest of these count; what was years ago does not. */
const effectsCounted = 5;

/**
 * The multiple of the usual traffic that is to be expected `offset` minutes after an event's start: the geometric mean of
 * what earlier events of its name did, else what people said, else 1.
 */
export function expectedRatio(
  event: KnownEvent,
  effects: readonly EventEffect[],
  offset: number,
  stepMs: number,
): number {
  const earlier = effects.filter(({ startsAt }) => startsAt < event.startsAt).slice(0, effectsCounted);
  if (earlier.length > 0) {
    const logs = earlier.map(({ lead, ratios }) => Math.log(ratios[offset + lead] ?? 1));
    return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  }
  const length = (event.endsAt.getTime() - event.startsAt.getTime()) / stepMs;
  return event.ratio !== null && offset >= 0 && offset < length ? event.ratio : 1;
}
