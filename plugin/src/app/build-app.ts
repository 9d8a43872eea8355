import { t } from '@grafana/i18n';
import {
  EmbeddedScene,
  SceneApp,
  SceneAppPage,
  SceneControlsSpacer,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  type SceneObject,
} from '@grafana/scenes';
import { pageUrls } from '../constants';
import { FinOpsBody } from '../pages/finops/FinOpsBody';
import { OverviewBody } from '../pages/overview/OverviewBody';
import { TrafficBody } from '../pages/traffic/TrafficBody';
import { ScopeControl } from '../scope/ScopeControl';

interface Page {
  name: keyof typeof pageUrls;
  title: string;
  question: string;
  from: string;
  to: string;
  refresh: string;
  body: () => SceneObject;
  scope: () => ScopeControl;
}

/** The pages with their toolbars. Everything that is chosen on them is in the URL. */
export function buildApp(): SceneApp {
  const pages: Page[] = [
    {
      name: 'overview',
      title: t('page.overview', 'Overview'),
      question: t('page.overview-question', 'Is anything wrong, and what will it cost?'),
      from: 'now-30d',
      to: 'now',
      refresh: '5m',
      body: () => new OverviewBody(),
      scope: () => new ScopeControl({ hideCompare: true }),
    },
    {
      name: 'finops',
      title: t('page.finops', 'FinOps'),
      question: t('page.finops-question', 'Where does the money go?'),
      from: 'now-30d',
      to: 'now',
      refresh: '',
      body: () => new FinOpsBody(),
      scope: () => new ScopeControl(),
    },
    {
      name: 'traffic',
      title: t('page.traffic', 'Traffic'),
      question: t('page.traffic-question', 'What is coming, and are we ready?'),
      from: 'now-3h',
      to: 'now+15m',
      refresh: '1m',
      body: () => new TrafficBody(),
      scope: () => new ScopeControl({ trafficOnly: true }),
    },
  ];
  return new SceneApp({
    pages: pages.map(
      (page) =>
        new SceneAppPage({
          title: page.title,
          subTitle: page.question,
          url: pageUrls[page.name],
          routePath: `${page.name}/*`,
          preserveUrlKeys: ['filter', 'currency', 'compare'],
          getScene: () =>
            new EmbeddedScene({
              $timeRange: new SceneTimeRange({ from: page.from, to: page.to }),
              controls: [
                page.scope(),
                new SceneControlsSpacer(),
                new SceneTimePicker({ isOnCanvas: true }),
                new SceneRefreshPicker({
                  isOnCanvas: true,
                  refresh: page.refresh,
                  intervals: ['1m', '5m', '15m', '1h'],
                }),
              ],
              body: page.body(),
            }),
        }),
    ),
    urlSyncOptions: { updateUrlOnInit: true, createBrowserHistorySteps: true },
  });
}
