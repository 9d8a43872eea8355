import { FieldColorModeId } from '@grafana/data';
import { VizPanel } from '@grafana/scenes';
import { LegendDisplayMode, SortOrder, TooltipDisplayMode } from '@grafana/schema';
import { withDefaults } from '../datasource/default-query';
import type { CostUnit } from '../datasource/types';
import { t } from '../i18n';
import { ChartPanel } from './ChartPanel';

/** The cost of one unit, day by day. */
export function unitChart(datasourceUid: string, unit: CostUnit): ChartPanel {
  const panel = new VizPanel({
    pluginId: 'timeseries',
    title: t('unit.trend', 'Cost of one, day by day'),
    options: {
      legend: { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] },
      tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.None },
    },
    fieldConfig: {
      defaults: {
        color: { mode: FieldColorModeId.Fixed, fixedColor: '#0C8CE9' },
        custom: { lineWidth: 2, fillOpacity: 8, showPoints: 'auto', axisSoftMin: 0 },
      },
      overrides: [],
    },
  });
  return new ChartPanel({
    panel,
    datasourceUid,
    query: withDefaults({ refId: 'A', queryType: 'unit', unit, format: 'timeseries' }),
  });
}
