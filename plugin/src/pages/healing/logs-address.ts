import type { IncidentView } from '@amadeus/backend/healing/contract.ts';

type Of = Pick<IncidentView, 'namespace' | 'workload' | 'container' | 'kind' | 'firstAt' | 'closedAt'>;

const aroundMs = 10 * 60_000;

/** A pane of Explore with the logs of a workload around an incident, by the labels that Loki's agents give by default. */
export function logsPane({ namespace, workload, container, firstAt, closedAt }: Of, uid: string, now: number) {
  // A double-quoted string of LogQL knows backslashes, and so does the pattern in it: each is written twice.
  const pattern = workload.replace(/[.+*?^$()[\]{}|]/g, '\\\\$&');
  const expr = `{namespace="${namespace}", pod=~"${pattern}-.*", container="${container}"}`;
  return {
    datasource: uid,
    queries: [{ refId: 'A', expr, datasource: { type: 'loki', uid } }],
    range: {
      from: String(Date.parse(firstAt) - aroundMs),
      to: String(Math.min(now, (closedAt === null ? now : Date.parse(closedAt)) + aroundMs)),
    },
  };
}

/** What reads the end of the instance that ended. */
export function logsCommand({ namespace, workload, container, kind }: Of): string {
  return `kubectl -n ${namespace} logs ${kind.toLowerCase()}/${workload} -c ${container} --previous --tail=200`;
}
