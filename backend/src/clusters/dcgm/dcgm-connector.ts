import Type, { type Static } from 'typebox';
import type { Connector, SourceSettings } from '../../anycost/index.ts';
import { discoverHours, hourFile, HourMapper, windowOf } from '../prometheus-hours.ts';
import { askHour, probePrometheus } from '../prometheus-server.ts';
import { checkedSettings, prometheusSettings } from '../prometheus-settings.ts';
import { dcgmMetrics, gpuHours } from './gpu-hours.ts';

const SettingsSchema = Type.Object({ ...prometheusSettings }, { additionalProperties: false });
type Settings = Static<typeof SettingsSchema>;

const settingsOf = ({ settings }: SourceSettings): Settings => checkedSettings<Settings>(SettingsSchema, settings);

/** Utilisation, memory and power of GPUs by hour, with the job that held them where the exporter names it. */
export const dcgmConnector: Connector = {
  kind: 'dcgm',
  title: 'NVIDIA GPU metrics (DCGM exporter)',
  endpoint: 'prometheus',
  settings: SettingsSchema,
  format: 'ndjson',
  map: ({ source }) => {
    const { cluster, gpuTypes } = settingsOf(source);
    return new HourMapper((window, series) => gpuHours(window, series, { cluster: cluster ?? source.name, gpuTypes }));
  },
  discover: async ({ clock, source }, cursor) => discoverHours(clock.now(), cursor, settingsOf(source).since),
  pull: async (context, file) => {
    const settings = settingsOf(context.source);
    const window = windowOf(file.name, settings.stepSeconds);
    const inside = settings.matchers === '' ? '' : `{${settings.matchers}}`;
    const queries = Object.entries(dcgmMetrics).map(([name, metric]) => ({ name, expression: `${metric}${inside}` }));
    return hourFile(window, askHour(context, settings, window, queries));
  },
  health: (context) =>
    probePrometheus(
      context,
      () => settingsOf(context.source),
      dcgmMetrics.utilisation,
      'Have Prometheus scrape the DCGM exporter.',
    ),
};
