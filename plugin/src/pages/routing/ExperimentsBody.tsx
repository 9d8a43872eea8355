import type { ExperimentView } from '@amadeus/backend/experiments/contract.ts';
import {
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { Button } from '@grafana/ui';
import { useState } from 'react';
import { ChangeDrawer } from '../../changes/ChangeDrawer';
import { PendingChanges } from '../../changes/PendingChanges';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { TopSentence } from '../../components/TopSentence';
import { t } from '../../i18n';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { ExperimentForm } from './ExperimentForm';
import { ExperimentPart } from './ExperimentPart';
import { verdictSentence } from './experiment-words';
import { ExperimentTable } from './ExperimentTable';

interface ExperimentsState extends SceneObjectState {
  /** Id of the experiment that is looked at; empty: the newest that runs. */
  experiment: string;
  change?: number;
}

/** Which is better, and how sure is that? */
export class ExperimentsBody extends SceneObjectBase<ExperimentsState> {
  static Component = ExperimentsPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['experiment', 'change'] });

  constructor() {
    super({ experiment: '' });
  }

  getUrlState(): SceneObjectUrlValues {
    const { experiment, change } = this.state;
    return { experiment: experiment || undefined, change: change === undefined ? undefined : String(change) };
  }

  updateFromUrl({ experiment, change }: SceneObjectUrlValues) {
    const id = Number(change);
    this.setState({
      experiment: typeof experiment === 'string' ? experiment : '',
      change: Number.isSafeInteger(id) && id > 0 ? id : undefined,
    });
  }
}

function ExperimentsPage({ model }: SceneComponentProps<ExperimentsBody>) {
  const { experiment: chosen, change } = model.useState();
  const { may } = useMe();
  const [turns, setTurns] = useState(0);
  const [making, setMaking] = useState(false);
  const { data, failure, reload } = useService<{ experiments: ExperimentView[] }>('/api/experiments', {}, turns);
  const all = data?.experiments ?? [];
  const shown = all.find(({ id }) => id === chosen) ?? all.find(({ state }) => state === 'running') ?? all[0];
  const changed = () => setTurns((count) => count + 1);
  const openChange = (id: number) => model.setState({ change: id });
  const create = may('gateway:write') && (
    <Button icon="plus" onClick={() => setMaking(true)}>
      {t('routing.experiment.new', 'New experiment')}
    </Button>
  );
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('routing.experiment.list', 'Experiments')} retry={reload} />}
      {!data && !failure && <Skeleton height={240} />}
      {data && <TopSentence>{sentence(all, shown)}</TopSentence>}
      <PendingChanges kinds={['experiment']} refreshKey={turns} onOpen={openChange} />
      {data && all.length === 0 && (
        <Empty message={t('routing.experiment.none', 'Nothing has been tried yet')}>
          <p>
            {t(
              'routing.experiment.none-help',
              'An experiment sends copies of some requests to another version of a policy, or gives it a share of the callers, and tells which is cheaper, faster and better, and how sure that is. It has a budget of its own.',
            )}
          </p>
          {create}
        </Empty>
      )}
      {all.length > 0 && (
        <Part title={t('routing.experiment.list', 'Experiments')} aside={create}>
          <ExperimentTable
            experiments={all}
            chosen={shown?.id}
            onOpen={({ id }) => model.setState({ experiment: id })}
          />
        </Part>
      )}
      {shown && <ExperimentPart key={shown.id} id={shown.id} turns={turns} onChanged={changed} onChange={openChange} />}
      {making && (
        <ExperimentForm
          onClose={() => setMaking(false)}
          onMade={(id) => {
            setMaking(false);
            model.setState({ experiment: id });
            changed();
          }}
        />
      )}
      {change !== undefined && (
        <ChangeDrawer id={change} onClose={() => model.setState({ change: undefined })} onChanged={changed} />
      )}
    </PageFrame>
  );
}

function sentence(all: readonly ExperimentView[], shown: ExperimentView | undefined): string {
  if (shown?.verdict) return `${shown.name}: ${verdictSentence(shown, shown.verdict)}`;
  const running = all.filter(({ state }) => state === 'running').length;
  return t('routing.experiment.said', '{{running}} of {{count}} experiments run.', { running, count: all.length });
}
