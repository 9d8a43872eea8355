import type { Breakdown, Cards } from '@amadeus/backend/unit-economics/contract.ts';
import {
  sceneGraph,
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { useEffect } from 'react';
import { Empty, FailureNote, NoDatasource, Skeleton } from '../../components/States';
import { costUnits, type CostUnit } from '../../datasource/types';
import { t } from '../../i18n';
import type { ChartPanel } from '../../panels/ChartPanel';
import { findDatasource } from '../../panels/find-datasource';
import { unitChart } from '../../panels/unit-chart';
import { scopeOf } from '../../scope/ScopeControl';
import { scopeParams } from '../../service/cost-params';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { BreakdownTable } from './BreakdownTable';
import { Distribution } from './Distribution';
import { UnitCards } from './UnitCards';
import { UnitsAnswer } from './UnitsAnswer';

interface UnitsState extends SceneObjectState {
  unit: CostUnit;
  /** Dimension of the table; empty: the one that the unit suggests. */
  by: string;
  chart?: ChartPanel;
}

/** What does one cost us? */
export class UnitsBody extends SceneObjectBase<UnitsState> {
  static Component = UnitsPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['unit', 'by'] });

  constructor() {
    super({ unit: 'session', by: '' });
    this.addActivationHandler(() => {
      const uid = findDatasource();
      if (uid !== undefined && !this.state.chart) this.setState({ chart: unitChart(uid, this.state.unit) });
    });
  }

  getUrlState(): SceneObjectUrlValues {
    return { unit: this.state.unit, by: this.state.by || undefined };
  }

  updateFromUrl({ unit, by }: SceneObjectUrlValues) {
    const known = costUnits.find((one) => one === unit);
    if (known) this.setState({ unit: known });
    if (typeof by === 'string') this.setState({ by });
  }
}

function UnitsPage({ model }: SceneComponentProps<UnitsBody>) {
  const { unit, by, chart } = model.useState();
  const scope = scopeOf(model);
  const { filters, currency } = scope.useState();
  const { value: range } = sceneGraph.getTimeRange(model).useState();
  const asked = scopeParams({ filters, currency }, { from: range.from.toISOString(), to: range.to.toISOString() });
  const { data, failure, reload } = useService<Cards>('/api/unit-economics/cards', asked);
  const customers = useService<Breakdown>('/api/unit-economics/breakdown', { ...asked, by: 'x_Customer', limit: 500 });
  const chosen = data?.cards.find(({ id }) => id === unit);
  const shownBy = by || chosen?.drillTo || 'x_Customer';
  const breakdown = useService<Breakdown>(data ? '/api/unit-economics/breakdown' : undefined, {
    ...asked,
    by: shownBy,
    limit: 200,
  });

  useEffect(() => {
    chart?.ask({ unit, filters, currency });
  }, [chart, unit, filters, currency]);

  const empty = data !== undefined && data.cards.every(({ value }) => value === undefined);
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('unit.name', 'The unit costs')} retry={reload} />}
      {!data && !failure && <Skeleton height={72} />}
      {data && !empty && <UnitsAnswer cards={data} unit={unit} customers={customers.data} />}
      {empty && (
        <Empty message={t('unit.empty', 'Nothing can be divided yet')}>
          {t(
            'unit.empty-help',
            'A unit cost needs a bill and something to count: calls of language models, jobs or GPU-hours. Choose a longer time range, or bring usage by POST /api/ingest/llm-metrics.',
          )}
        </Empty>
      )}
      {!data && !failure && <Skeleton height={280} />}
      {data && !empty && (
        <UnitCards cards={data.cards} chosen={unit} onChoose={(next) => model.setState({ unit: next, by: '' })} />
      )}
      {!empty && (chart ? <chart.Component model={chart} /> : <NoDatasource />)}
      {!empty && (
        <Part title={t('unit.breakdown', 'Where it differs')}>
          {breakdown.failure && (
            <FailureNote
              failure={breakdown.failure}
              what={t('unit.breakdown', 'Where it differs')}
              retry={breakdown.reload}
            />
          )}
          <BreakdownTable
            breakdown={breakdown.data}
            by={shownBy}
            onBy={(next) => model.setState({ by: next })}
            onOpen={(key) => scope.narrow(shownBy, key)}
          />
          {breakdown.data && <Distribution breakdown={breakdown.data} />}
        </Part>
      )}
    </PageFrame>
  );
}
