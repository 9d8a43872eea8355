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
import { SearchControl } from '../search/SearchControl';
import { ViewsControl } from '../views/ViewsControl';
import { appAreas, type Area, type Tab } from './areas';

/** The areas with their tabs and toolbars. Everything that is chosen on them is in the URL. */
export function buildApp(): SceneApp {
  return new SceneApp({
    pages: appAreas().map(areaPage),
    urlSyncOptions: { updateUrlOnInit: true, createBrowserHistorySteps: true },
  });
}

/** Choices that go along from page to page. */
const carriedKeys = ['filter', 'currency', 'compare'];

function areaPage(area: Area): SceneAppPage {
  const [only] = area.tabs;
  const page: SceneAppPage = new SceneAppPage({
    title: area.title,
    ...(only === undefined ? {} : { subTitle: only.question }),
    url: area.url,
    routePath: `${area.path}/*`,
    preserveUrlKeys: carriedKeys,
    controls: [new SearchControl({ key: 'search' })],
    ...(area.tabs.length === 1 && only !== undefined
      ? { getScene: () => sceneOf(area, only) }
      : { tabs: area.tabs.map((tab) => tabPage(area, tab, () => page)) }),
  });
  return page;
}

function tabPage(area: Area, tab: Tab, container: () => SceneAppPage): SceneAppPage {
  return new SceneAppPage({
    title: tab.title,
    url: `${area.url}/${tab.path}`,
    routePath: `${tab.path}/*`,
    preserveUrlKeys: carriedKeys,
    getScene: () => {
      const scene = sceneOf(area, tab);
      // The heading belongs to the area; the question below it is the tab's.
      scene.addActivationHandler(() => container().setState({ subTitle: tab.question }));
      return scene;
    },
  });
}

function sceneOf(area: Area, { path, time, scope, views, body }: Tab): EmbeddedScene {
  const page = path === '' ? area.path : `${area.path}/${path}`;
  const controls: SceneObject[] = [...(scope ? [scope()] : []), ...(views ? [new ViewsControl({ page })] : [])];
  if (time === undefined) return new EmbeddedScene({ controls, body: body() });
  controls.push(
    new SceneControlsSpacer(),
    new SceneTimePicker({ isOnCanvas: true, ...(time.ranges ? { quickRanges: time.ranges } : {}) }),
    new SceneRefreshPicker({
      isOnCanvas: true,
      // Without a text Grafana's button has no name that a screen reader could say.
      withText: true,
      refresh: time.refresh,
      intervals: ['10s', '1m', '5m', '15m', '1h'],
    }),
  );
  return new EmbeddedScene({
    $timeRange: new SceneTimeRange({ from: time.from, to: time.to }),
    controls,
    body: body(),
  });
}
