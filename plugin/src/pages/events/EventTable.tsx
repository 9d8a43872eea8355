import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';
import { Badge } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { expectedFactor, nearestFirst, phaseOf, type EventPhase } from './event-words';

interface Props {
  events: readonly EventView[];
  onOpen: (event: EventView) => void;
}

export function EventTable({ events, onOpen }: Props) {
  const now = Date.now();
  const columns: Array<Column<EventView>> = [
    { id: 'name', header: t('event.name', 'Name'), value: ({ name }) => name },
    {
      id: 'phase',
      header: t('event.phase', 'State'),
      value: (event) => phaseName(phaseOf(event, now)),
      render: (event) => <PhaseBadge phase={phaseOf(event, now)} />,
    },
    {
      id: 'starts',
      header: t('event.starts', 'Begins'),
      value: ({ startsAt }) => startsAt,
      render: ({ startsAt }) => moment(startsAt),
    },
    {
      id: 'ends',
      header: t('event.ends', 'Ends'),
      value: ({ endsAt }) => endsAt,
      render: ({ endsAt }) => moment(endsAt),
    },
    {
      id: 'workload',
      header: t('event.workload', 'Workload'),
      value: ({ workload }) => workload ?? t('event.every', 'Every workload'),
    },
    {
      id: 'factor',
      header: t('event.factor', 'Expected'),
      value: (event) => expectedFactor(event) ?? -1,
      render: (event) => factorText(event),
      align: 'right',
    },
    { id: 'origin', header: t('event.origin', 'Kept in'), value: ({ origin }) => originName(origin) },
    { id: 'note', header: t('event.note', 'Note'), value: ({ note }) => note, hidden: true },
    { id: 'by', header: t('event.by', 'Made by'), value: ({ createdBy }) => createdBy.name, hidden: true },
  ];
  return (
    <DataTable
      name={t('event.list', 'Known events')}
      columns={columns}
      rows={nearestFirst(events, now)}
      rowKey={({ id }) => id}
      empty={t('event.none', 'No event is known')}
      onOpen={onOpen}
      openLabel={({ name }) => t('event.open', 'Open {{name}}', { name })}
    />
  );
}

function factorText(event: EventView): string {
  const factor = expectedFactor(event);
  if (factor === undefined) return '–';
  const times = t('event.times', '{{factor}} × usual', {
    factor: factor.toLocaleString('en-US', { maximumFractionDigits: 1 }),
  });
  return event.learned.length > 0 ? t('event.times-learned', '{{times}}, learned', { times }) : times;
}

function PhaseBadge({ phase }: { phase: EventPhase }) {
  const color = phase === 'running' ? 'orange' : phase === 'ahead' ? 'purple' : 'blue';
  return <Badge color={color} text={phaseName(phase)} />;
}

function phaseName(phase: EventPhase): string {
  const names = {
    ahead: t('event.phase-ahead', 'Ahead'),
    running: t('event.phase-running', 'Runs now'),
    over: t('event.phase-over', 'Over'),
  };
  return names[phase];
}

export function originName(origin: EventView['origin']): string {
  const names = {
    api: t('event.origin-api', 'Here'),
    file: t('event.origin-file', 'The configuration'),
    grafana: t('event.origin-grafana', 'An annotation'),
  };
  return names[origin];
}
