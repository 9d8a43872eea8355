import {
  sceneGraph,
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { t } from '../../i18n';
import { useEffect } from 'react';
import { ChangeDrawer } from '../../changes/ChangeDrawer';
import { ChangeList } from '../../changes/ChangeList';
import { FailureNote, NoDatasource, Skeleton } from '../../components/States';
import { trafficChart, spendChart } from '../../panels/charts';
import type { ChartPanel } from '../../panels/ChartPanel';
import { DetachedTimeRange } from '../../panels/DetachedTimeRange';
import { findDatasource } from '../../panels/find-datasource';
import { scopeOf } from '../../scope/ScopeControl';
import type { ChangeSummary, Overview } from '../../service/contract';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { Columns, PageFrame, Part } from '../PageFrame';
import { OverviewAnswer } from './OverviewAnswer';
import { SourceTable } from './SourceTable';

interface OverviewState extends SceneObjectState {
  spend?: ChartPanel;
  traffic?: ChartPanel;
  /** The Change whose drawer is open. */
  change?: number;
}

/** Is anything wrong, and what will it cost? */
export class OverviewBody extends SceneObjectBase<OverviewState> {
  static Component = OverviewPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['change'] });

  constructor() {
    super({});
    this.addActivationHandler(() => {
      const uid = findDatasource();
      if (uid === undefined || this.state.spend) return;
      const traffic = trafficChart(uid, { workload: '' }, 300);
      const range = new DetachedTimeRange({ from: 'now-3h', to: 'now+15m' });
      range.follow(traffic);
      traffic.setState({ $timeRange: range });
      const spend = spendChart(uid, t('overview.spend', 'Spend by provider'), { groupBy: ['ProviderName'] }, 300);
      this.setState({ spend, traffic });
    });
  }

  getUrlState(): SceneObjectUrlValues {
    return { change: this.state.change === undefined ? undefined : String(this.state.change) };
  }

  updateFromUrl(values: SceneObjectUrlValues) {
    const id = Number(values.change);
    this.setState({ change: Number.isSafeInteger(id) && id > 0 ? id : undefined });
  }
}

function OverviewPage({ model }: SceneComponentProps<OverviewBody>) {
  const { spend, traffic, change } = model.useState();
  const { filters, currency } = scopeOf(model).useState();
  const { value: range } = sceneGraph.getTimeRange(model).useState();
  const { may } = useMe();
  const overview = useService<Overview>('/api/overview', { currency }, range);
  const changes = useService<{ changes: ChangeSummary[] }>(
    may('changes:read') ? '/api/changes' : undefined,
    { state: 'open', limit: 20 },
    range,
  );
  useEffect(() => {
    spend?.ask({ filters, currency });
  }, [spend, filters, currency]);

  const { data, failure, reload } = overview;
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('overview.name', 'The overview')} retry={reload} />}
      {!data && !failure && <Skeleton height={220} />}
      {data && (
        <OverviewAnswer
          overview={data}
          changes={changes.data?.changes ?? []}
          onChange={(id) => model.setState({ change: id })}
        />
      )}
      {spend && traffic ? (
        <Columns>
          {may('cost:read') && <spend.Component model={spend} />}
          {may('traffic:read') && <traffic.Component model={traffic} />}
        </Columns>
      ) : (
        !failure && <NoDatasource />
      )}
      {may('changes:read') && (
        <Part title={t('overview.changes', 'Changes that wait')}>
          <ChangeList loaded={changes} onOpen={(id) => model.setState({ change: id })} />
        </Part>
      )}
      {data && (
        <Part title={t('overview.sources', 'Is what I see complete?')}>
          <SourceTable sources={data.sources} />
        </Part>
      )}
      {change !== undefined && (
        <ChangeDrawer id={change} onClose={() => model.setState({ change: undefined })} onChanged={changes.reload} />
      )}
    </PageFrame>
  );
}
