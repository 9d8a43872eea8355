const years = { first: Date.UTC(1995, 0, 1) / 1000, last: Date.UTC(2100, 0, 1) / 1000 };
/** Longest run that is believed: ten years. */
const longestSeconds = 3650 * 86_400;

/** A text that is a time, one that says that there is none (yet), or nonsense. */
export type ReadTime = { ok: true; seconds: number | undefined } | { ok: false };

const none = /^(?:|unknown|none|n\/a|invalid|not[ _]set|none assigned)$/i;
const local = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Epoch seconds of an instant as sacct writes it: local time of the cluster without a zone, which is then `timeZone`
 * (IANA), with an offset, or the epoch seconds of SLURM_TIME_FORMAT=%s.
 */
export function parseSlurmInstant(text: string, timeZone: string): ReadTime {
  const trimmed = text.trim();
  if (none.test(trimmed)) return { ok: true, seconds: undefined };
  if (/^\d{1,11}$/.test(trimmed)) return believable(Number(trimmed));
  const match = local.exec(trimmed);
  if (match === null) return { ok: false };
  const [, year, month, day, hour, minute, second, offset] = match;
  const utc = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  if (new Date(utc).toISOString().slice(0, 19) !== trimmed.slice(0, 10) + 'T' + trimmed.slice(11, 19))
    return { ok: false };
  if (offset === undefined) return believable(inZone(utc, timeZone) / 1000);
  return believable(utc / 1000 - offsetSeconds(offset));
}

/** Epoch seconds as a number; 0 means that there is none, as in slurmrestd. */
export function instantOfNumber(value: number | undefined): ReadTime {
  if (value === undefined || value === 0) return { ok: true, seconds: undefined };
  return Number.isInteger(value) ? believable(value) : { ok: false };
}

function believable(seconds: number): ReadTime {
  if (seconds === 0) return { ok: true, seconds: undefined };
  return seconds >= years.first && seconds < years.last ? { ok: true, seconds } : { ok: false };
}

function offsetSeconds(text: string): number {
  if (text === 'Z') return 0;
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds of the instant at which the clocks of the zone show `wall`; the earlier one where they show it twice. */
function inZone(wall: number, timeZone: string): number {
  if (timeZone === 'UTC') return wall;
  const offsetAt = (instant: number): number => {
    const format =
      formats.get(timeZone) ??
      new Intl.DateTimeFormat('en-US', {
        timeZone,
        hourCycle: 'h23',
        ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
      });
    formats.set(timeZone, format);
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - instant;
  };
  const before = wall - offsetAt(wall - 86_400_000);
  return before + offsetAt(before) === wall ? before : wall - offsetAt(before);
}

/** Whether Intl knows the zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Whole seconds of `D-HH:MM:SS`, `HH:MM:SS`, `MM:SS.mmm` or a number of seconds. */
export function parseSlurmDuration(text: string): ReadTime {
  const trimmed = text.trim();
  if (none.test(trimmed)) return { ok: true, seconds: undefined };
  if (/^\d{1,10}$/.test(trimmed)) return bounded(Number(trimmed));
  const match = /^(?:(\d{1,6})-)?(?:(\d{1,2}):)?(\d{1,2}):(\d{2})(?:\.\d+)?$/.exec(trimmed);
  if (match === null) return { ok: false };
  const [days, hours, minutes, seconds] = match.slice(1).map((part: string | undefined) => Number(part ?? '0'));
  if (hours! > 23 || minutes! > 59 || seconds! > 59) return { ok: false };
  return bounded(days! * 86_400 + hours! * 3600 + minutes! * 60 + seconds!);
}

function bounded(seconds: number): ReadTime {
  return seconds <= longestSeconds ? { ok: true, seconds } : { ok: false };
}

export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
