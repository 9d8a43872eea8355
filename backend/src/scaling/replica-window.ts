import type { ReplicaWindow } from './contract.ts';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

const clocks = new Map<string, Intl.DateTimeFormat>();
const mostClocks = 200;

/** Day of the week and minute of the day that people's clocks show in a time zone. */
function localTime(at: number, timeZone: string): { day: Weekday; minute: number } {
  let clock = clocks.get(timeZone);
  if (!clock) {
    if (clocks.size >= mostClocks) clocks.clear();
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    clocks.set(timeZone, clock);
  }
  const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: parts.get('weekday')!.toLowerCase().slice(0, 3) as Weekday,
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}

function minuteOf(text: string): number {
  const [hours = '0', minutes = '0'] = text.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** Whether a window holds at an instant (epoch milliseconds). One that ends before it begins goes on past midnight. */
export function holdsAt({ days, from, to, timeZone }: ReplicaWindow, at: number): boolean {
  const { day, minute } = localTime(at, timeZone);
  const [start, end] = [minuteOf(from), minuteOf(to)];
  const isDay = (name: Weekday): boolean => days.length === 0 || days.includes(name);
  if (start < end) return isDay(day) && minute >= start && minute < end;
  const dayBefore = weekdays[(weekdays.indexOf(day) + 6) % 7]!;
  return (isDay(day) && minute >= start) || (isDay(dayBefore) && minute < end);
}

/** The highest minimum of the windows that hold at any of the minutes from `at` on, and the window that asks for it. */
export function windowMinimum(
  windows: readonly ReplicaWindow[],
  at: number,
  leadMinutes: number,
): { replicas: number; window: ReplicaWindow } | undefined {
  let highest: { replicas: number; window: ReplicaWindow } | undefined;
  for (const window of windows) {
    for (let minute = 0; minute <= leadMinutes; minute += 1) {
      if (!holdsAt(window, at + minute * 60_000)) continue;
      if (!highest || window.minReplicas > highest.replicas) highest = { replicas: window.minReplicas, window };
      break;
    }
  }
  return highest;
}
