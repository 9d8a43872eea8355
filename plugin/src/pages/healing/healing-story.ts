import type { IncidentView } from '@amadeus/backend/healing/contract.ts';
import { nameOf, needsPerson } from './healing-words';

/** What the page's sentence counts: workloads, not the many times that each was seen. */
export interface HealingStory {
  incidents: number;
  /** Workloads that got more memory. */
  memory: number;
  /** Workloads whose image went back. */
  rollbacks: number;
  /** Workloads of which memory leaks. */
  leaks: number;
  /** Other workloads with something that goes on and that a person has to mend. */
  waiting: number;
  /** Changes that wait for an approval. */
  proposed: number;
  /** Incidents that go on. */
  open: number;
}

const done = new Set(['applied', 'verifying', 'verified']);

export function healingStory(incidents: readonly IncidentView[]): HealingStory {
  const workloads = (of: readonly IncidentView[]) => new Set(of.map((one) => `${one.cluster}/${nameOf(one)}`));
  const acted = (kind: 'memory' | 'rollback') =>
    workloads(incidents.filter(({ acts }) => acts.some(({ act, state }) => act === kind && done.has(state ?? ''))));
  const leaks = workloads(incidents.filter(({ verdict }) => verdict === 'leak'));
  const open = incidents.filter(({ closedAt }) => closedAt === null);
  const waiting = workloads(open.filter(needsPerson));
  const proposed = incidents.flatMap(({ acts }) =>
    acts.filter(({ state, mode }) => state === 'proposed' && mode !== 'observe').map(({ changeId }) => changeId),
  );
  return {
    incidents: incidents.length,
    memory: acted('memory').size,
    rollbacks: acted('rollback').size,
    leaks: leaks.size,
    waiting: [...waiting].filter((name) => !leaks.has(name)).length,
    proposed: new Set(proposed).size,
    open: open.length,
  };
}
