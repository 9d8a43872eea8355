import { FieldColorModeId, FieldMatcherID, LoadingState, type DataFrame, type FieldConfigSource } from '@grafana/data';
import { t } from '../i18n';
import { VizPanel } from '@grafana/scenes';
import { AxisPlacement, LegendDisplayMode, SortOrder, StackingMode, TooltipDisplayMode } from '@grafana/schema';
import { withDefaults } from '../datasource/default-query';
import type { AmadeusQuery } from '../datasource/types';
import { ChartPanel } from './ChartPanel';
import { safeColors } from './safe-colors';

const colors = {
  actual: safeColors[0]!,
  predicted: safeColors[1]!,
  replicas: safeColors[2]!,
  capacity: safeColors[7]!,
};

const legend = { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom' as const, calcs: [] };
const tooltip = { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending };

type Properties = Array<{ id: string; value: unknown }>;

function override(name: string, properties: Properties) {
  return { matcher: { id: FieldMatcherID.byName, options: name }, properties };
}

/** Requests a minute: actual solid, predicted dashed, the band between lower and upper shaded. */
export function trafficChart(datasourceUid: string, query: Partial<AmadeusQuery>, height?: number): ChartPanel {
  const fixed = (color: string) => ({ id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: color } });
  const fieldConfig: FieldConfigSource = {
    defaults: {
      unit: 'short',
      min: 0,
      custom: { lineWidth: 2, fillOpacity: 0, showPoints: 'never', axisLabel: t('chart.rpm', 'requests / min') },
    },
    overrides: [
      override('actual', [fixed(colors.actual), { id: 'displayName', value: t('chart.actual', 'Actual') }]),
      override('predicted', [
        fixed(colors.predicted),
        { id: 'displayName', value: t('chart.predicted', 'Predicted') },
        { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
      ]),
      override('lower', [
        fixed(colors.predicted),
        { id: 'displayName', value: t('chart.lower', 'Lower, 80 % band') },
        { id: 'custom.lineWidth', value: 0 },
        { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } },
      ]),
      override('upper', [
        fixed(colors.predicted),
        { id: 'displayName', value: t('chart.upper', 'Upper, 80 % band') },
        { id: 'custom.lineWidth', value: 0 },
        { id: 'custom.fillBelowTo', value: t('chart.lower', 'Lower, 80 % band') },
        { id: 'custom.fillOpacity', value: 22 },
      ]),
      override('capacity', [
        fixed(colors.capacity),
        { id: 'displayName', value: t('chart.capacity', 'What the ready pods can serve') },
        { id: 'custom.lineInterpolation', value: 'stepAfter' },
        { id: 'custom.lineWidth', value: 1 },
      ]),
    ],
  };
  const panel = new VizPanel({
    pluginId: 'timeseries',
    title: t('chart.traffic', 'Requests a minute, and what was predicted'),
    description: t(
      'chart.traffic-help',
      'Solid: what came. Dashed: what was predicted for that minute, made as many minutes before as chosen. Shaded: eight of ten minutes should fall inside.',
    ),
    options: { legend, tooltip },
    fieldConfig,
  });
  return new ChartPanel({
    panel,
    datasourceUid,
    query: complete({ queryType: 'traffic', series: ['actual', 'predicted', 'band'], ...query }),
    ...(height === undefined ? {} : { height }),
  });
}

/** Ready pods over time. */
export function replicasChart(datasourceUid: string, query: Partial<AmadeusQuery>): ChartPanel {
  const panel = new VizPanel({
    pluginId: 'timeseries',
    title: t('chart.replicas', 'Ready pods'),
    options: { legend: { ...legend, showLegend: false }, tooltip },
    fieldConfig: {
      defaults: {
        unit: 'short',
        min: 0,
        decimals: 0,
        color: { mode: FieldColorModeId.Fixed, fixedColor: colors.replicas },
        custom: { lineInterpolation: 'stepAfter', lineWidth: 2, fillOpacity: 10, showPoints: 'never' },
      },
      overrides: [override('replicas', [{ id: 'displayName', value: t('chart.pods', 'Pods') }])],
    },
  });
  return new ChartPanel({
    panel,
    datasourceUid,
    query: complete({ queryType: 'traffic', ...query, series: ['replicas'] }),
    height: 220,
  });
}

/** Spend over time, a colour for each group, stacked. */
export function spendChart(
  datasourceUid: string,
  title: string,
  query: Partial<AmadeusQuery>,
  height?: number,
): ChartPanel {
  const panel = new VizPanel({
    pluginId: 'timeseries',
    title,
    options: { legend, tooltip },
    fieldConfig: spendColors([]),
  });
  const chart = new ChartPanel({
    panel,
    datasourceUid,
    query: complete({ queryType: 'cost', granularity: 'auto', format: 'timeseries', limit: 7, ...query }),
    ...(height === undefined ? {} : { height }),
  });
  chart.addActivationHandler(() => {
    const subscription = panel.state.$data?.subscribeToState(({ data }) => {
      if (data?.state === LoadingState.Done) colorByRank(panel, data.series);
    });
    return () => subscription?.unsubscribe();
  });
  return chart;
}

/** Gives each group its colour by rank: the service sends the largest first. */
function colorByRank(panel: VizPanel, frames: readonly DataFrame[]) {
  const names = frames.map((frame) => frame.fields[1]?.config.displayNameFromDS ?? frame.name ?? '');
  const fieldConfig = spendColors(names);
  if (JSON.stringify(fieldConfig) !== JSON.stringify(panel.state.fieldConfig)) panel.setState({ fieldConfig });
}

function spendColors(names: readonly string[]): FieldConfigSource {
  return {
    defaults: {
      custom: {
        drawStyle: 'bars',
        barAlignment: 1,
        lineWidth: 0,
        fillOpacity: 80,
        stacking: { mode: StackingMode.Normal, group: 'A' },
        axisPlacement: AxisPlacement.Auto,
        axisSoftMin: 0,
      },
      color: { mode: FieldColorModeId.Fixed, fixedColor: safeColors[0]! },
    },
    overrides: names.map((name, index) =>
      override(name, [
        { id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: safeColors[index % safeColors.length] } },
      ]),
    ),
  };
}

function complete(query: Partial<AmadeusQuery>): AmadeusQuery {
  return withDefaults({ refId: 'A', ...query });
}
