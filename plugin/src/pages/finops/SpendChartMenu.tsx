import { locationService } from '@grafana/runtime';
import { Menu } from '@grafana/ui';
import { t } from '../../i18n';
import { copyRows } from '../../panels/copy-rows';
import { alertUrl, exploreUrl, mayInGrafana, type ChartQuery } from '../../panels/panel-links';
import type { CostSummary } from '../../service/contract';
import { makeTimeRange } from './summary-range';

interface Props {
  chart: ChartQuery | undefined;
  summary: CostSummary;
  asTable: boolean;
  onTable: () => void;
  onAdd: () => void;
}

/** What can be done with the chart, as with every other one. What this person's Grafana role does not allow is not offered. */
export function SpendChartMenu({ chart, summary, asTable, onTable, onAdd }: Props) {
  const { pathname, search } = locationService.getLocation();
  const copy = () =>
    copyRows(
      [...summary.dims, `${summary.metric} (${summary.currency})`],
      summary.rows.map(({ keys, cost }) => [...summary.dims.map((dim) => keys[dim] ?? ''), cost]),
    );
  return (
    <Menu>
      {chart && mayInGrafana('datasources:explore') && (
        <Menu.Item
          role="menuitem"
          label={t('panel.explore', 'Explore')}
          icon="compass"
          url={exploreUrl(chart, makeTimeRange(summary))}
        />
      )}
      {chart && mayInGrafana('dashboards:create') && (
        <Menu.Item label={t('panel.dashboard', 'Add to dashboard')} icon="apps" onClick={onAdd} />
      )}
      {chart && mayInGrafana('alert.rules:create') && (
        <Menu.Item
          role="menuitem"
          label={t('panel.alert', 'New alert rule')}
          icon="bell"
          url={alertUrl(chart, `${pathname}${search}`)}
        />
      )}
      <Menu.Item label={t('panel.copy', 'Copy data')} icon="copy" onClick={() => void copy()} />
      <Menu.Item
        label={asTable ? t('panel.hide-table', 'Hide the table') : t('panel.table', 'Show as table')}
        icon="table"
        onClick={onTable}
      />
    </Menu>
  );
}
