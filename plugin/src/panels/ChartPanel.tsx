import { css } from '@emotion/css';
import type { GrafanaTheme2, PanelData } from '@grafana/data';
import type { VizPanel } from '@grafana/scenes';
import {
  SceneObjectBase,
  SceneQueryRunner,
  VizPanelMenu,
  type SceneComponentProps,
  type SceneObjectState,
} from '@grafana/scenes';
import { useStyles2 } from '@grafana/ui';
import { DATASOURCE_ID } from '../constants';
import type { AmadeusQuery } from '../datasource/types';
import { AddToDashboard, panelModel } from './AddToDashboard';
import { ChartTable } from './ChartTable';
import { chartMenu } from './chart-menu';
import { copyRows } from './copy-rows';
import { frameRows } from './frame-rows';

interface ChartState extends SceneObjectState {
  panel: VizPanel;
  query: AmadeusQuery;
  datasourceUid: string;
  height: number;
  asTable: boolean;
  adding: boolean;
}

export interface ChartOptions {
  panel: VizPanel;
  query: AmadeusQuery;
  datasourceUid: string;
  height?: number;
  /** Narrowest bucket, e.g. `1m`, below which single requests would be drawn rather than a rate. */
  minInterval?: string;
}

/** A chart over the data source with its menu and the table behind it. */
export class ChartPanel extends SceneObjectBase<ChartState> {
  static Component = ChartFrame;

  constructor({ panel, query, datasourceUid, height = 320, minInterval }: ChartOptions) {
    super({ panel, query, datasourceUid, height, asTable: false, adding: false });
    panel.setState({
      $data: new SceneQueryRunner({
        datasource: { type: DATASOURCE_ID, uid: datasourceUid },
        queries: [query],
        maxDataPointsFromWidth: true,
        ...(minInterval === undefined ? {} : { minInterval }),
      }),
      menu: new VizPanelMenu({ $behaviors: [(menu: VizPanelMenu) => menu.setState({ items: chartMenu(this) })] }),
      showMenuAlways: true,
    });
  }

  /** Asks something else, where it differs from what is asked already. */
  ask(part: Partial<AmadeusQuery>) {
    const query = { ...this.state.query, ...part };
    if (JSON.stringify(query) === JSON.stringify(this.state.query)) return;
    this.setState({ query });
    const runner = this.state.panel.state.$data;
    if (!(runner instanceof SceneQueryRunner)) return;
    runner.setState({ queries: [query] });
    if (runner.isActive) runner.runQueries();
  }

  data(): PanelData | undefined {
    return this.state.panel.state.$data?.state.data;
  }

  /** Puts what is drawn into the clipboard as CSV, and says so. */
  async copy() {
    const { header, rows } = frameRows(this.data()?.series ?? []);
    await copyRows(header, rows);
  }
}

function ChartFrame({ model }: SceneComponentProps<ChartPanel>) {
  const { panel, height, asTable, adding } = model.useState();
  const { title } = panel.useState();
  const styles = useStyles2(getStyles);
  return (
    <figure className={styles.figure} aria-label={title}>
      <div style={{ height }}>
        <panel.Component model={panel} />
      </div>
      {asTable && <ChartTable chart={model} title={title} />}
      {adding && (
        <AddToDashboard buildPanel={() => panelModel(model)} onClose={() => model.setState({ adding: false })} />
      )}
    </figure>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  figure: css({ margin: 0, minWidth: 0, display: 'flex', flexDirection: 'column', gap: theme.spacing(1) }),
});
