import { FieldColorModeId, LoadingState, type DataFrame, type FieldConfigSource } from '@grafana/data';
import { VizPanel } from '@grafana/scenes';
import { LegendDisplayMode, SortOrder, StackingMode, TooltipDisplayMode } from '@grafana/schema';
import { withDefaults } from '../datasource/default-query';
import type { AmadeusQuery } from '../datasource/types';
import { ChartPanel } from './ChartPanel';
import { safeColors } from './safe-colors';

interface RoutingChart {
  title: string;
  description?: string;
  query: Partial<AmadeusQuery>;
  /** Counts and amounts are stacked bars, the rest lines. */
  stacked?: boolean;
}

/** Calls through the gateway over time. A group has the same colour in every chart that is grouped alike. */
export function routingChart(datasourceUid: string, { title, description, query, stacked }: RoutingChart): ChartPanel {
  const panel = new VizPanel({
    pluginId: 'timeseries',
    title,
    ...(description === undefined ? {} : { description }),
    options: {
      legend: { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] },
      tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending },
    },
    fieldConfig: fields([], stacked === true),
  });
  const chart = new ChartPanel({
    panel,
    datasourceUid,
    query: withDefaults({ refId: 'A', queryType: 'routing', format: 'timeseries', ...query }),
    height: 260,
    minInterval: '1m',
  });
  chart.addActivationHandler(() => {
    const subscription = panel.state.$data?.subscribeToState(({ data }) => {
      if (data?.state === LoadingState.Done) color(panel, data.series, stacked === true);
    });
    return () => subscription?.unsubscribe();
  });
  return chart;
}

/** Colours by name, not by rank, so that a route keeps its own from chart to chart. */
function color(panel: VizPanel, frames: readonly DataFrame[], stacked: boolean) {
  const names = frames.map((frame) => frame.fields[1]?.config.displayNameFromDS ?? frame.name ?? '').sort();
  const fieldConfig = fields(names, stacked);
  if (JSON.stringify(fieldConfig) !== JSON.stringify(panel.state.fieldConfig)) panel.setState({ fieldConfig });
}

function fields(names: readonly string[], stacked: boolean): FieldConfigSource {
  return {
    defaults: {
      min: 0,
      custom: stacked
        ? {
            drawStyle: 'bars',
            lineWidth: 0,
            fillOpacity: 80,
            stacking: { mode: StackingMode.Normal, group: 'A' },
          }
        : { lineWidth: 2, fillOpacity: 0, showPoints: 'auto', spanNulls: false },
      color: { mode: FieldColorModeId.Fixed, fixedColor: safeColors[0]! },
    },
    overrides: names.map((name, index) => ({
      matcher: { id: 'byName', options: name },
      properties: [
        { id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: safeColors[index % safeColors.length] } },
      ],
    })),
  };
}
