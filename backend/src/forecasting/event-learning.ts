/** Minutes before its start that an effect is learned from, and after its end. */
export const effectLead = 15;
export const effectTail = 60;
/** Days before an event whose same minutes say what was to be expected. */
export const referenceDays = 7;
/** The hour before the event, by which the level of the day is known; it ends with the lead. */
const levelMinutes = 60;
const largest = 50;
const smallest = 0.05;
/** Smaller deviations than this are taken for chance. */
const chance = 0.15;
const half = 2;

/** Requests of a minute, by its number; undefined where none were measured. */
export type MeasuredAt = (minute: number) => number | undefined;

/**
 * What an event did: traffic as a multiple of what was to be expected without it, minute by minute from `effectLead` minutes
 * before its start to `effectTail` minutes after its end. Expected is what the same minutes of the last days brought (without
 * those in which `isSpecial` other events ran), at the level of the hour before; without such days, that level alone.
 * Undefined where too little was measured.
 */
export function learnEffect(
  measured: MeasuredAt,
  event: { start: number; end: number },
  { season, isSpecial }: { season: number; isSpecial(minute: number): boolean },
): number[] | undefined {
  const from = event.start - effectLead;
  const length = event.end + effectTail - from;
  const usual = (minute: number): number | undefined => {
    const earlier: number[] = [];
    for (let day = 1; day <= referenceDays; day += 1) {
      const value = measured(minute - day * season);
      if (value !== undefined && !isSpecial(minute - day * season)) earlier.push(value);
    }
    return earlier.length === 0 ? undefined : earlier.reduce((sum, value) => sum + value, 0) / earlier.length;
  };
  const level = levelBefore(measured, usual, from);
  if (level === undefined) return undefined;
  let known = 0;
  const raw = Array.from({ length }, (_, index) => {
    const came = measured(from + index);
    const reference = level.byDay ? usual(from + index) : 1;
    if (came === undefined || reference === undefined) return Number.NaN;
    known += 1;
    const expected = level.factor * reference;
    return expected > 0 ? Math.min(largest, Math.max(smallest, came / expected)) : Number.NaN;
  });
  if (known < length / half) return undefined;
  return raw.map((_, index) => settled(smoothed(raw, index)));
}

function levelBefore(
  measured: MeasuredAt,
  usual: (minute: number) => number | undefined,
  until: number,
): { factor: number; byDay: boolean } | undefined {
  let [came, expected, plain, n] = [0, 0, 0, 0];
  for (let minute = until - levelMinutes; minute < until; minute += 1) {
    const value = measured(minute);
    if (value === undefined) continue;
    plain += value;
    n += 1;
    const reference = usual(minute);
    if (reference === undefined) continue;
    came += value;
    expected += reference;
  }
  if (n < levelMinutes / half || plain === 0) return undefined;
  return expected > 0 && came > 0 ? { factor: came / expected, byDay: true } : { factor: plain / n, byDay: false };
}

/** Mean of a minute and its neighbours; 1 where none was measured. */
function smoothed(raw: readonly number[], index: number): number {
  const near = raw.slice(Math.max(0, index - 1), index + 2).filter((value) => !Number.isNaN(value));
  return near.length === 0 ? 1 : near.reduce((sum, value) => sum + value, 0) / near.length;
}

const settled = (ratio: number): number => (Math.abs(ratio - 1) < chance ? 1 : Number(ratio.toFixed(3)));
