export type Pace = 'part' | 'hold' | 'all';

/** Shares, each so many minutes after the beginning; undefined where the numbers make no sense. */
export function stepsOf(
  pace: Pace,
  percent: string,
  minutes: string,
): Array<{ share: number; afterMinutes: number }> | undefined {
  if (pace === 'all') return [{ share: 1, afterMinutes: 0 }];
  const part = Number(percent);
  if (percent.trim() === '' || !(part > 0 && part < 100)) return undefined;
  // Rounded, so that 10 % is 0.1 and not a binary fraction beside it.
  const first = { share: Number((part / 100).toFixed(6)), afterMinutes: 0 };
  if (pace === 'hold') return [first];
  const wait = Number(minutes);
  if (!Number.isInteger(wait) || wait < 1) return undefined;
  return [first, { share: 1, afterMinutes: wait }];
}
