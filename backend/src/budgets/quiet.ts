import type { BudgetInput } from './contract.ts';
import { addDays, clockOf, weekdayOf } from './zoned-day.ts';

/** Whether nobody is to be told anything at that instant (Unix milliseconds), by the clocks of the zone. */
export function isQuiet(quiet: BudgetInput['quiet'], zone: string, at: number): boolean {
  const { day, minutes } = clockOf(at, zone);
  return quiet.some(({ days, from, to }) => {
    const holds = (weekday: number) => days === undefined || days.includes(weekday);
    const [start, end] = [minutesOf(from), minutesOf(to)];
    if (start < end) return holds(weekdayOf(day)) && minutes >= start && minutes < end;
    // Over midnight: it belongs to the day on which it began.
    return (minutes >= start && holds(weekdayOf(day))) || (minutes < end && holds(weekdayOf(addDays(day, -1))));
  });
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
