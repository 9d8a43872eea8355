import type { ExperimentView } from '@amadeus/backend/experiments/contract.ts';
import { Badge, type BadgeColor } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { smallMoney } from './call-words';
import { verdictSentence } from './experiment-words';

interface Props {
  experiments: readonly ExperimentView[];
  chosen: string | undefined;
  onOpen: (experiment: ExperimentView) => void;
}

/** Experiments with what each found so far. */
export function ExperimentTable({ experiments, chosen, onOpen }: Props) {
  return (
    <DataTable
      name={t('routing.experiment.list', 'Experiments')}
      columns={columns(chosen)}
      rows={experiments}
      rowKey={({ id }) => id}
      empty={t('routing.experiment.none', 'Nothing has been tried yet')}
      onOpen={onOpen}
      openLabel={({ name }) => t('routing.experiment.open', 'Show the experiment {{name}}', { name })}
    />
  );
}

export function experimentState(state: ExperimentView['state']): string {
  const names: Record<ExperimentView['state'], string> = {
    draft: t('routing.experiment.is-draft', 'Not begun'),
    running: t('routing.experiment.is-running', 'Runs'),
    ended: t('routing.experiment.is-ended', 'Ended'),
  };
  return names[state];
}

export function experimentColor(state: ExperimentView['state']): BadgeColor {
  if (state === 'running') return 'green';
  return state === 'draft' ? 'orange' : 'darkgrey';
}

export function kindName(kind: ExperimentView['kind']): string {
  return kind === 'shadow'
    ? t('routing.experiment.shadow', 'Shadow: copies, off the way of callers')
    : t('routing.experiment.ab', 'A/B: a share of the callers');
}

function columns(chosen: string | undefined): Array<Column<ExperimentView>> {
  return [
    {
      id: 'name',
      header: t('routing.experiment.name', 'Experiment'),
      value: ({ name }) => name,
      render: ({ id, name }) => (id === chosen ? <strong>{name}</strong> : name),
    },
    {
      id: 'state',
      header: t('routing.policy.state', 'State'),
      value: ({ state }) => experimentState(state),
      render: ({ state }) => <Badge color={experimentColor(state)} text={experimentState(state)} />,
    },
    { id: 'kind', header: t('routing.experiment.kind', 'Kind'), value: ({ kind }) => kindName(kind) },
    { id: 'policy', header: t('routing.dim.policy', 'Policy'), value: ({ policy }) => policy },
    { id: 'b', header: t('routing.experiment.b', 'B'), value: ({ b }) => `${b.policy} ${b.version}` },
    {
      id: 'observed',
      header: t('routing.experiment.observed', 'Observations'),
      align: 'right',
      value: ({ observed }) => observed,
      render: ({ observed }) => observed.toLocaleString('en-US'),
    },
    {
      id: 'spent',
      header: t('routing.experiment.spent', 'Of its budget'),
      align: 'right',
      value: ({ spent }) => Number(spent),
      render: ({ spent, budget, currency }) => `${smallMoney(spent, currency)} / ${smallMoney(budget, currency)}`,
    },
    {
      id: 'verdict',
      header: t('routing.experiment.verdict', 'Verdict'),
      value: (one) => (one.verdict ? verdictSentence(one, one.verdict) : '–'),
    },
    {
      id: 'started',
      header: t('routing.experiment.began', 'Began'),
      hidden: true,
      value: ({ startedAt = '' }) => startedAt,
      render: ({ startedAt }) => (startedAt ? moment(startedAt) : '–'),
    },
  ];
}
