import type { Model } from '@amadeus/backend/forecasting/contract.ts';
import { Badge } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { ago, moment } from '../../format/age';
import { t } from '../../i18n';

type Tuning = Model['tunings'][number];

/** Trainings of the network on one workload: from what, how long, and whether it became better. */
export function TuningTable({ tunings }: { tunings: readonly Tuning[] }) {
  return (
    <DataTable
      name={t('tuning.table', 'Training')}
      columns={columns()}
      rows={tunings}
      rowKey={({ version }) => String(version)}
      empty={t('tuning.none', 'It was not trained yet: that begins when some hours of minutes are there.')}
    />
  );
}

function columns(): Array<Column<Tuning>> {
  const loss = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
  return [
    {
      id: 'at',
      header: t('tuning.at', 'When'),
      value: ({ createdAt }) => createdAt,
      render: ({ createdAt }) => <span title={moment(createdAt)}>{ago(createdAt)}</span>,
    },
    {
      id: 'kept',
      header: t('tuning.kept', 'Result'),
      value: resultText,
      render: (row) => <Badge color={row.accepted ? 'green' : 'blue'} text={resultText(row)} />,
    },
    {
      id: 'loss',
      header: t('tuning.loss', 'Loss: before, after'),
      value: ({ lossBefore }) => lossBefore,
      render: ({ steps, lossBefore, lossAfter }) => (steps === 0 ? '–' : `${loss(lossBefore)}, ${loss(lossAfter)}`),
      align: 'right',
    },
    { id: 'lessons', header: t('tuning.lessons', 'Windows'), value: ({ lessons }) => lessons, align: 'right' },
    {
      id: 'seconds',
      header: t('tuning.seconds', 'Seconds'),
      value: ({ seconds }) => seconds,
      render: ({ seconds }) => seconds.toFixed(1),
      align: 'right',
    },
    {
      id: 'span',
      header: t('tuning.span', 'Learned from'),
      value: ({ trainedFrom }) => trainedFrom,
      render: ({ trainedFrom, trainedUntil }) => `${moment(trainedFrom)} – ${moment(trainedUntil)}`,
      hidden: true,
    },
  ];
}

function resultText({ accepted, steps }: Tuning): string {
  if (steps === 0) return t('tuning.too-little', 'Too few minutes yet');
  return accepted
    ? t('tuning.accepted', 'Kept: better on unseen minutes')
    : t('tuning.refused', 'Not better, so not kept');
}
