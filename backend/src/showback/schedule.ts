import { CronExpressionParser } from 'cron-parser';
import { AppError } from '../platform/errors/index.ts';
import { knownZone } from '../cost/index.ts';

const hourMs = 3_600_000;
/** Due times that are counted while the service was away; more are `1000`. */
const maxMissed = 1_000;

/** Checks a cron expression and its zone. @throws AppError VALIDATION_FAILED with what to write instead */
export function checkCron(cron: string, timeZone: string, now: Date): void {
  if (knownZone(timeZone) === undefined) throw invalid(`There is no time zone ${timeZone}; write it as Asia/Seoul.`);
  if (cron.trim().split(/\s+/).length !== 5 || /[HL#@]/i.test(cron.replace(/[A-Z]{3}/gi, '')))
    throw invalid('Write the schedule as five fields: minute, hour, day, month, weekday, e.g. `0 9 1 * *`.');
  let times: Date[];
  try {
    const first = nextAfter(cron, timeZone, now);
    times = [first, nextAfter(cron, timeZone, first)];
  } catch {
    throw invalid('The schedule is not understood; e.g. `0 9 1 * *` is nine o’clock on the first of each month.');
  }
  if (times[1]!.getTime() - times[0]!.getTime() < hourMs)
    throw invalid('The schedule comes more often than every hour; name one minute, e.g. `0 9 * * *`.');
}

/** The first due time after an instant. */
export function nextAfter(cron: string, timeZone: string, after: Date): Date {
  return CronExpressionParser.parse(cron, { currentDate: after, tz: timeZone }).next().toDate();
}

/** The due times from `next` to `now`: the latest of them, how many came before it, and the one to come. */
export function dueAt(
  schedule: { cron: string; timeZone: string },
  next: Date,
  now: Date,
): { due: Date; missed: number; next: Date } {
  let due = next;
  let missed = 0;
  for (;;) {
    const following = nextAfter(schedule.cron, schedule.timeZone, due);
    if (following > now) return { due, missed, next: following };
    if (missed === maxMissed) return { due, missed, next: nextAfter(schedule.cron, schedule.timeZone, now) };
    due = following;
    missed++;
  }
}

function invalid(reason: string): AppError {
  return new AppError('VALIDATION_FAILED', reason);
}
