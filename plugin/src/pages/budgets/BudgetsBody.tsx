import type { BudgetView } from '@amadeus/backend/budgets/contract.ts';
import {
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { Button } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { burnDownChart } from '../../panels/budget-chart';
import type { ChartPanel } from '../../panels/ChartPanel';
import { DetachedTimeRange } from '../../panels/DetachedTimeRange';
import { findDatasource } from '../../panels/find-datasource';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { BudgetDetail } from './BudgetDetail';
import { BudgetForm } from './BudgetForm';
import { BudgetsAnswer } from './BudgetsAnswer';
import { BudgetTable } from './BudgetTable';

interface BudgetsState extends SceneObjectState {
  /** Id of the budget that is looked at; empty: the one the page's sentence is about. */
  budget: string;
  chart?: ChartPanel;
}

export interface BudgetList {
  budgets: BudgetView[];
  channels: string[];
  dimensions: string[];
}

/** Who will overspend, when? */
export class BudgetsBody extends SceneObjectBase<BudgetsState> {
  static Component = BudgetsPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['budget'] });

  constructor() {
    super({ budget: '' });
  }

  getUrlState(): SceneObjectUrlValues {
    return { budget: this.state.budget || undefined };
  }

  updateFromUrl({ budget }: SceneObjectUrlValues) {
    if (typeof budget === 'string') this.setState({ budget });
  }

  /** Draws the window of the budget that is looked at. */
  show({ id, status }: BudgetView) {
    const uid = findDatasource();
    if (uid === undefined || status === undefined) return;
    const chart = burnDownChart(uid, id);
    const day = (date: string, time: string) => new Date(`${date}T${time}Z`).toISOString();
    chart.setState({
      $timeRange: new DetachedTimeRange({
        from: day(status.windowFrom, '00:00:00'),
        to: day(status.windowTo, '23:59:59'),
      }),
    });
    this.setState({ chart });
  }
}

function BudgetsPage({ model }: SceneComponentProps<BudgetsBody>) {
  const { budget: chosen, chart } = model.useState();
  const { may } = useMe();
  const { data, failure, reload } = useService<BudgetList>('/api/budgets');
  const [form, setForm] = useState<{ of?: BudgetView } | undefined>();
  const budgets = data?.budgets ?? [];
  const shown = budgets.find(({ id }) => id === chosen) ?? worst(budgets);
  const window = shown?.status && `${shown.id} ${shown.status.windowFrom} ${shown.status.windowTo}`;

  useEffect(() => {
    if (shown && window !== undefined) model.show(shown);
    // A new answer about the same window draws nothing anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [model, window]);

  const create = may('budgets:write') && (
    <Button icon="plus" onClick={() => setForm({})}>
      {t('budget.new', 'New budget')}
    </Button>
  );
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('budget.all', 'The budgets')} retry={reload} />}
      {!data && !failure && <Skeleton height={220} />}
      {data && <BudgetsAnswer budgets={budgets} />}
      {data && budgets.length === 0 && (
        <Empty message={t('budget.none', 'There is no budget yet')}>
          <p>
            {t(
              'budget.none-help',
              'A budget says how much a team, product, customer or model may cost, and tells people before it is too late.',
            )}
          </p>
          {create}
        </Empty>
      )}
      {budgets.length > 0 && (
        <Part title={t('budget.list', 'Budgets')} aside={create}>
          <BudgetTable budgets={budgets} chosen={shown?.id} onOpen={({ id }) => model.setState({ budget: id })} />
        </Part>
      )}
      {shown && (
        <BudgetDetail
          key={shown.id}
          budget={shown}
          chart={chart}
          onEdit={() => setForm({ of: shown })}
          onChanged={reload}
        />
      )}
      {form && data && (
        <BudgetForm
          of={form.of}
          channels={data.channels}
          onClose={() => setForm(undefined)}
          onSaved={(id) => {
            setForm(undefined);
            model.setState({ budget: id });
            reload();
          }}
        />
      )}
    </PageFrame>
  );
}

/** The budget that needs a look first: over, then at risk, then the fullest. */
function worst(budgets: readonly BudgetView[]): BudgetView | undefined {
  const rank = { over: 3, 'at-risk': 2, ok: 1, waiting: 0 };
  return [...budgets].sort(
    (a, b) =>
      rank[b.status?.state ?? 'waiting'] - rank[a.status?.state ?? 'waiting'] ||
      Number(b.status?.share ?? 0) - Number(a.status?.share ?? 0),
  )[0];
}
