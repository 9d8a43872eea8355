import type { DataSourceState } from '../service/contract';
import { ago } from './age';

/** How old the newest data of any source is, e.g. "2 hours ago"; undefined before the first. */
export function newestBill(sources: readonly DataSourceState[]): string | undefined {
  const times = sources.flatMap(({ lastAt }) => (lastAt === null ? [] : [Date.parse(lastAt)]));
  return times.length === 0 ? undefined : ago(Math.max(...times));
}
