import { FieldColorModeId, FieldMatcherID, type FieldConfigSource } from '@grafana/data';
import { VizPanel } from '@grafana/scenes';
import { LegendDisplayMode, SortOrder, TooltipDisplayMode } from '@grafana/schema';
import { withDefaults } from '../datasource/default-query';
import { t } from '../i18n';
import { ChartPanel } from './ChartPanel';

const actual = '#0C8CE9';
const predicted = '#E69F00';
const plan = '#8C8C8C';

/** What a budget has spent in its window: actual solid, forecast dashed with its band, plan dotted. */
export function burnDownChart(datasourceUid: string, budget: string): ChartPanel {
  const line = (name: string, text: string, color: string, more: Array<{ id: string; value: unknown }> = []) => ({
    matcher: { id: FieldMatcherID.byName, options: name },
    properties: [
      { id: 'displayName', value: text },
      { id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: color } },
      ...more,
    ],
  });
  const lower = t('chart.lower', 'Lower, 80 % band');
  const fieldConfig: FieldConfigSource = {
    defaults: { min: 0, custom: { lineWidth: 2, fillOpacity: 0, showPoints: 'never', spanNulls: true } },
    overrides: [
      line('actual', t('budget.chart.actual', 'Spent'), actual, [{ id: 'custom.fillOpacity', value: 8 }]),
      line('plan', t('budget.chart.plan', 'Even spend'), plan, [
        { id: 'custom.lineStyle', value: { fill: 'dot', dash: [2, 6] } },
      ]),
      line('forecast', t('budget.forecast', 'Forecast to the end'), predicted, [
        { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
      ]),
      line('lower', lower, predicted, [
        { id: 'custom.lineWidth', value: 0 },
        { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } },
      ]),
      line('upper', t('chart.upper', 'Upper, 80 % band'), predicted, [
        { id: 'custom.lineWidth', value: 0 },
        { id: 'custom.fillBelowTo', value: lower },
        { id: 'custom.fillOpacity', value: 22 },
      ]),
    ],
  };
  const panel = new VizPanel({
    pluginId: 'timeseries',
    title: t('budget.chart.title', 'Spent in the window, and what is expected'),
    options: {
      legend: { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] },
      tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.None },
    },
    fieldConfig,
  });
  return new ChartPanel({
    panel,
    datasourceUid,
    query: withDefaults({ refId: 'A', queryType: 'budget', budget, format: 'timeseries' }),
  });
}
