import type { Params } from '../../service/client';

const dayMs = 86_400_000;

/** What changed is told by whole days of UTC: those nearest to the range, as many as it has, and the range itself where it is short. */
export function nearestDays({ from, to }: Params): Params {
  const [first, after] = [from, to].map((at) => Math.round(Date.parse(String(at)) / dayMs) * dayMs);
  if (first === undefined || after === undefined || !(after > first)) return {};
  return { from: new Date(first).toISOString(), to: new Date(after).toISOString() };
}
