import type { ScalingSettings, SettingsPreviewed } from '@amadeus/backend/scaling/contract.ts';
import { Button, Stack } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote } from '../../components/States';
import { formatMoney } from '../../format/money';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAsked } from '../../service/use-asked';

interface Props {
  workload: string;
  /** What differs from the present settings; undefined where nothing does, or what was typed makes no sense. */
  changed: Partial<ScalingSettings> | undefined;
}

type Row = SettingsPreviewed['present'] & { name: string };

const hours = 24;

/** What the typed settings would have made of the last day, beside the present ones; nothing is kept. */
export function SettingsPreview({ workload, changed }: Props) {
  const { data, failure, loading, ask } = useAsked<SettingsPreviewed>();
  const path = `/api/scaling/workloads/${encodeURIComponent(workload)}/preview`;
  const rows: Row[] = data
    ? [
        { name: t('preview.present', 'The present settings'), ...data.present },
        { name: t('preview.proposed', 'What you typed'), ...data.proposed },
      ]
    : [];
  return (
    <Stack direction="column" gap={1} alignItems="flex-start">
      <Button
        type="button"
        variant="secondary"
        icon={loading ? 'spinner' : 'history'}
        disabled={changed === undefined || loading}
        onClick={() => ask(() => act(path, { settings: changed, hours }))}
      >
        {t('preview.ask', 'What would that have done in the last day?')}
      </Button>
      {failure && <FailureNote failure={failure} what={t('preview.name', 'The preview')} />}
      {data && (
        <div style={{ width: '100%' }}>
          <DataTable
            name={t('preview.table', 'Settings over the last day')}
            columns={columns()}
            rows={rows}
            rowKey={({ name }) => name}
            empty=""
          />
          <p>
            {data.forecaster === null
              ? t('preview.blind', '{{count}} minutes, decided on again without a forecast: none stood then.', {
                  count: data.minutes,
                })
              : t(
                  'preview.how',
                  '{{count}} minutes, decided on again with the forecasts that stood then. Latency is left out: with other pods it would have been another.',
                  { count: data.minutes },
                )}
          </p>
        </div>
      )}
    </Stack>
  );
}

function columns(): Array<Column<Row>> {
  const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
  return [
    { id: 'name', header: t('preview.with', 'With'), value: ({ name }) => name },
    {
      id: 'hours',
      header: t('preview.hours', 'Replica-hours'),
      value: ({ replicaHours }) => replicaHours,
      render: ({ replicaHours }) => number(replicaHours),
      align: 'right',
    },
    {
      id: 'most',
      header: t('preview.most', 'Most replicas'),
      value: ({ mostReplicas }) => mostReplicas,
      align: 'right',
    },
    {
      id: 'slow',
      header: t('preview.slow', 'Minutes with too few'),
      value: ({ slowMinutes }) => slowMinutes,
      align: 'right',
    },
    { id: 'acts', header: t('scaling.acts', 'Changes'), value: ({ acts }) => acts, align: 'right' },
    {
      id: 'cost',
      header: t('preview.cost', 'Cost'),
      value: ({ cost }) => Number(cost?.amount ?? -1),
      render: ({ cost }) => (cost === null ? '–' : formatMoney(cost.amount, cost.currency)),
      align: 'right',
    },
  ];
}
