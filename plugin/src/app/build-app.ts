import type { TimeOption } from '@grafana/data';
import { t } from '../i18n';
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
  /** Ranges of the time picker, where Grafana's own do not fit. */
  ranges?: TimeOption[];
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
      ranges: trafficRanges(),
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
                new SceneTimePicker({ isOnCanvas: true, ...(page.ranges ? { quickRanges: page.ranges } : {}) }),
                new SceneRefreshPicker({
                  isOnCanvas: true,
                  // Without a text Grafana's button has no name that a screen reader could say.
                  withText: true,
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

/** Traffic looks ahead: each range ends a quarter of an hour from now, so that the forecast is seen. */
function trafficRanges(): TimeOption[] {
  const range = (from: string, display: string): TimeOption => ({ from, to: 'now+15m', display });
  return [
    range('now-1h', t('range.hour', 'Last hour and what comes')),
    range('now-3h', t('range.hours', 'Last 3 hours and what comes')),
    range('now-12h', t('range.half-day', 'Last 12 hours and what comes')),
    range('now-24h', t('range.day', 'Last 24 hours and what comes')),
    range('now-7d', t('range.week', 'Last 7 days and what comes')),
  ];
}
