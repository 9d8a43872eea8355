import type { PanelMenuItem } from '@grafana/data';
import { t } from '../i18n';
import { locationService } from '@grafana/runtime';
import { sceneGraph } from '@grafana/scenes';
import type { ChartPanel } from './ChartPanel';
import { alertUrl, exploreUrl, mayInGrafana } from './panel-links';

/** What can be done with a chart. What this person's Grafana role does not allow is not offered. */
export function chartMenu(model: ChartPanel): PanelMenuItem[] {
  const { query, datasourceUid, panel, asTable } = model.state;
  const chart = { title: panel.state.title, query, datasourceUid };
  const here = locationService.getLocation();
  const items: PanelMenuItem[] = [];
  if (mayInGrafana('datasources:explore')) {
    items.push({
      text: t('panel.explore', 'Explore'),
      iconClassName: 'compass',
      href: exploreUrl(chart, sceneGraph.getTimeRange(model).state.value),
    });
  }
  if (mayInGrafana('dashboards:create')) {
    items.push({
      text: t('panel.dashboard', 'Add to dashboard'),
      iconClassName: 'apps',
      onClick: () => model.setState({ adding: true }),
    });
  }
  if (mayInGrafana('alert.rules:create')) {
    items.push({
      text: t('panel.alert', 'New alert rule'),
      iconClassName: 'bell',
      href: alertUrl(chart, `${here.pathname}${here.search}`),
    });
  }
  items.push(
    { text: t('panel.copy', 'Copy data'), iconClassName: 'copy', onClick: () => void model.copy() },
    {
      text: asTable ? t('panel.hide-table', 'Hide the table') : t('panel.table', 'Show as table'),
      iconClassName: 'table',
      onClick: () => model.setState({ asTable: !asTable }),
    },
  );
  return items;
}
