import { sceneGraph, SceneObjectUrlSyncConfig, SceneTimeRange, type SceneObject } from '@grafana/scenes';

/** A time range of one chart that stays out of the URL and refreshes when the page does. */
export class DetachedTimeRange extends SceneTimeRange {
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: [] });

  /** Refreshes with the range of the page that `chart` stands on. */
  follow(chart: SceneObject) {
    chart.addActivationHandler(() => {
      const page = chart.parent && sceneGraph.getTimeRange(chart.parent);
      const subscription = page?.subscribeToState(() => this.onRefresh());
      return () => subscription?.unsubscribe();
    });
  }
}
