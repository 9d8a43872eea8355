import type { IncidentView } from '@amadeus/backend/healing/contract.ts';
import { nameOf } from './healing-words';

export interface LaneBar {
  id: number;
  /** Parts of the whole width. */
  left: number;
  width: number;
  incident: IncidentView;
  /** Where acts were, as parts of the whole width. */
  acts: number[];
}

export interface Lane {
  name: string;
  bars: LaneBar[];
}

/** The most lanes that are drawn; the list below has the rest. */
export const mostLanes = 12;

/** Incidents as bars between `from` and `to`, a lane for each workload, the latest first. What goes on lasts until `to`. */
export function lanes(incidents: readonly IncidentView[], from: number, to: number): Lane[] {
  const length = Math.max(1, to - from);
  const place = (at: number) => Math.min(1, Math.max(0, (at - from) / length));
  const found = new Map<string, LaneBar[]>();
  for (const incident of incidents) {
    const name = nameOf(incident);
    const left = place(Date.parse(incident.firstAt));
    const right = place(incident.closedAt === null ? to : Date.parse(incident.closedAt));
    const acts = incident.acts.map(({ at }) => place(Date.parse(at)));
    const bar = { id: incident.id, left, width: Math.max(0, right - left), incident, acts };
    found.set(name, [...(found.get(name) ?? []), bar]);
  }
  return [...found].slice(0, mostLanes).map(([name, bars]) => ({ name, bars }));
}

/** Instants for the axis, evenly between `from` and `to`. */
export function ticks(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + ((to - from) * index) / (count - 1));
}
