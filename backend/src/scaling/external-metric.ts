/** Name of the metric, and the API group under which Kubernetes asks for it. */
export const metricName = 'amadeus-required-replicas';
export const metricGroup = 'external.metrics.k8s.io/v1beta1';

/** What discovery is told: the metrics that there are. */
export function metricResources(): Record<string, unknown> {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: metricGroup,
    resources: [
      { name: metricName, singularName: '', namespaced: true, kind: 'ExternalMetricValueList', verbs: ['get'] },
    ],
  };
}

/** The workload that a label selector names, e.g. `workload=frontend`. */
export function workloadOf(labelSelector: string | undefined): string | undefined {
  return /(?:^|,)\s*workload\s*==?\s*([^,\s]+)/.exec(labelSelector ?? '')?.[1];
}

/** The answer to an HPA; without items where nothing is known, whereupon the HPA keeps what it has. */
export function metricValues(
  workload: string | undefined,
  required: { replicas: number; at: Date } | undefined,
): Record<string, unknown> {
  const labels = { workload };
  return {
    kind: 'ExternalMetricValueList',
    apiVersion: metricGroup,
    metadata: {},
    items: required
      ? [{ metricName, metricLabels: labels, timestamp: required.at.toISOString(), value: String(required.replicas) }]
      : [],
  };
}
