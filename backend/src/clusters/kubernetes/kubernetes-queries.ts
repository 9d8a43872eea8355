import type { HourQuery } from '../prometheus-server.ts';

/** Phases in which a pod holds what it asked for. */
const alive = 'Pending|Running|Unknown';
const resources = 'cpu|memory|nvidia_com_.*';

/**
 * What is asked of kube-state-metrics, cAdvisor and the DCGM exporter for an hour. `matchers` narrow every selector, e.g.
 * `cluster="a"`.
 */
export function kubernetesQueries(matchers: string, rateSeconds: number): HourQuery[] {
  const select = (metric: string, more = ''): string => {
    const inside = [more, matchers].filter((part) => part !== '').join(',');
    return inside === '' ? metric : `${metric}{${inside}}`;
  };
  const living = `max by (namespace, pod) (${select('kube_pod_status_phase', `phase=~"${alive}"`)}) == 1`;
  const ofContainers = 'container!="",container!="POD"';
  const last = (metric: string, more = ''): string => `last_over_time(${select(metric, more)}[1h])`;
  return [
    {
      name: 'pods',
      expression: `max by (namespace, pod, node) (${select('kube_pod_info', 'node!=""')}) and on (namespace, pod) (${living})`,
    },
    {
      name: 'requests',
      expression: `sum by (namespace, pod, resource) (${select('kube_pod_container_resource_requests', `resource=~"${resources}"`)}) and on (namespace, pod) (${living})`,
    },
    {
      name: 'cpu',
      expression: `sum by (namespace, pod) (rate(${select('container_cpu_usage_seconds_total', ofContainers)}[${rateSeconds}s]))`,
    },
    {
      name: 'memory',
      expression: `sum by (namespace, pod) (${select('container_memory_working_set_bytes', ofContainers)})`,
    },
    {
      name: 'capacity',
      expression: `max by (node, resource) (${select('kube_node_status_capacity', `resource=~"${resources}"`)})`,
    },
    { name: 'gpus', expression: select('DCGM_FI_DEV_GPU_UTIL') },
    ...(
      [
        ['scheduled', 'kube_pod_status_scheduled_time'],
        ['completed', 'kube_pod_completion_time'],
        ['owner', 'kube_pod_owner'],
        ['replicaset', 'kube_replicaset_owner'],
        ['job', 'kube_job_owner'],
        ['podLabels', 'kube_pod_labels'],
        ['namespaceLabels', 'kube_namespace_labels'],
        ['nodeLabels', 'kube_node_labels'],
      ] as const
    ).map(([name, metric]) => ({ name, expression: last(metric), once: true })),
  ];
}
