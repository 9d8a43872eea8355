import Type, { type Static } from 'typebox';
import type { Connector, SourceSettings } from '../../anycost/index.ts';
import { discoverHours, hourFile, HourMapper, windowOf } from '../prometheus-hours.ts';
import { askHour, probePrometheus } from '../prometheus-server.ts';
import { checkedSettings, prometheusSettings } from '../prometheus-settings.ts';
import { kubernetesQueries } from './kubernetes-queries.ts';
import { podHours, type AllocationSettings } from './pod-hours.ts';

const LabelList = (description: string, preset: string[]) =>
  Type.Array(Type.String({ maxLength: 200 }), { maxItems: 20, default: preset, description });

const SettingsSchema = Type.Object(
  {
    ...prometheusSettings,
    labels: Type.Object(
      {
        team: LabelList('Labels of pods, then of namespaces, that name the team', ['team']),
        product: LabelList('Labels that name the product', ['product', 'app.kubernetes.io/part-of']),
        environment: LabelList('Labels that name the stage', ['environment', 'env']),
      },
      { additionalProperties: false, default: {}, description: 'Which labels say to whom a pod belongs' },
    ),
    teams: Type.Record(Type.String(), Type.String({ maxLength: 200 }), {
      default: {},
      description: 'Namespace to team where no label names one; else the namespace is the team',
    }),
  },
  { additionalProperties: false },
);
type Settings = Static<typeof SettingsSchema>;

const settingsOf = ({ settings }: SourceSettings): Settings => checkedSettings<Settings>(SettingsSchema, settings);

/** Requests, use and GPUs of pods by hour, and what hosts offered, from kube-state-metrics, cAdvisor and DCGM. */
export const kubernetesAllocationConnector: Connector = {
  kind: 'kubernetes-allocation',
  title: 'Kubernetes allocation (Prometheus)',
  endpoint: 'prometheus',
  settings: SettingsSchema,
  format: 'ndjson',
  map: ({ source }) => {
    const settings = allocationSettings(source);
    return new HourMapper((window, series) => podHours(window, series, settings));
  },
  discover: async ({ clock, source }, cursor) => discoverHours(clock.now(), cursor, settingsOf(source).since),
  pull: async (context, file) => {
    const settings = settingsOf(context.source);
    const window = windowOf(file.name, settings.stepSeconds);
    const queries = kubernetesQueries(settings.matchers, Math.max(120, 4 * settings.stepSeconds));
    return hourFile(window, askHour(context, settings, window, queries));
  },
  health: (context) =>
    probePrometheus(
      context,
      () => settingsOf(context.source),
      'kube_pod_info',
      'Have Prometheus scrape kube-state-metrics.',
    ),
};

function allocationSettings(source: SourceSettings): AllocationSettings {
  const { cluster, gpuTypes, labels, teams } = settingsOf(source);
  return { cluster: cluster ?? source.name, gpuTypes, names: { ...labels, teams } };
}
