import type { LimitView } from '@amadeus/backend/limits/contract.ts';
import { Badge, Button, ConfirmModal, Stack } from '@grafana/ui';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { send } from '../../service/client';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';
import { bounds, fullest } from './limit-draft';
import { LimitForm } from './LimitForm';
import { boundName, perName } from './limit-words';

/** How much keys, teams, products and customers may send, and how much of it they do. */
export function LimitsPart({ mayWrite, refresh }: { mayWrite: boolean; refresh: unknown }) {
  const { data, failure, reload } = useService<{ limits: LimitView[] }>('/api/gateway/limits', {}, refresh);
  const [form, setForm] = useState<{ of: LimitView | undefined } | undefined>();
  const [removed, setRemoved] = useState<LimitView | undefined>();
  const close = () => {
    setForm(undefined);
    setRemoved(undefined);
  };
  const done = () => {
    close();
    reload();
  };
  const create = mayWrite && (
    <Button icon="plus" variant="secondary" onClick={() => setForm({ of: undefined })}>
      {t('routing.limit.new', 'New limit')}
    </Button>
  );
  const title = t('routing.limit.list', 'Limits of requests and tokens');
  return (
    <Part title={title} aside={create}>
      {failure && <FailureNote failure={failure} what={title} retry={reload} />}
      {!data && !failure && <Skeleton height={120} />}
      {data && (
        <DataTable
          name={title}
          columns={columns(mayWrite, (of) => setForm({ of }), setRemoved)}
          rows={data.limits}
          rowKey={({ id }) => id}
          empty={t(
            'routing.limit.none',
            'Nobody is limited in requests or tokens. Money is limited by budgets that are enforced.',
          )}
        />
      )}
      {form && <LimitForm of={form.of} onClose={close} onDone={done} />}
      {removed && <Removal of={removed} onClose={close} onDone={done} />}
    </Part>
  );
}

function Removal({ of, onClose, onDone }: { of: LimitView; onClose: () => void; onDone: () => void }) {
  const action = useAction(() => send('DELETE', `/api/gateway/limits/${of.id}`, {}));
  return (
    <ConfirmModal
      isOpen
      title={t('routing.limit.remove-title', 'Remove the limit {{name}}?', { name: of.name })}
      body={
        action.failure ? (
          <FailureNote failure={action.failure} />
        ) : (
          t('routing.limit.remove-help', 'Gateways count without it within two seconds.')
        )
      }
      confirmText={t('routing.limit.remove', 'Remove')}
      onDismiss={onClose}
      onConfirm={() => void action.run().then((ok) => ok && onDone())}
    />
  );
}

function columns(
  mayWrite: boolean,
  onChange: (limit: LimitView) => void,
  onRemove: (limit: LimitView) => void,
): Array<Column<LimitView>> {
  const shown: Array<Column<LimitView>> = [
    { id: 'name', header: t('routing.limit.name', 'Name'), value: ({ name }) => name },
    { id: 'per', header: t('routing.limit.each', 'For each'), value: ({ per }) => perName(per) },
    {
      id: 'only',
      header: t('routing.limit.only', 'Only for'),
      value: ({ only = [] }) => only.join(', '),
      render: ({ only }) => only?.join(', ') ?? t('routing.limit.everybody', 'all'),
    },
    ...bounds.map((bound): Column<LimitView> => {
      return {
        id: bound,
        header: boundName(bound),
        align: 'right',
        value: (limit) => limit[bound] ?? 0,
        render: (limit) => limit[bound]?.toLocaleString('en-US') ?? '–',
      };
    }),
    {
      id: 'use',
      header: t('routing.limit.use', 'Fullest now'),
      value: (limit) => fullest(limit)?.share ?? 0,
      render: (limit) => fullestText(limit),
    },
  ];
  if (!mayWrite) return shown;
  return [
    ...shown,
    {
      id: 'act',
      header: t('routing.limit.act', 'Change'),
      value: () => '',
      render: (limit) =>
        limit.origin === 'file' ? (
          t('routing.limit.file', 'in the configuration')
        ) : (
          <Stack direction="row" gap={0}>
            <Button
              size="sm"
              fill="text"
              icon="pen"
              onClick={() => onChange(limit)}
              aria-label={t('routing.limit.change-named', 'Change the limit {{name}}', { name: limit.name })}
            />
            <Button
              size="sm"
              fill="text"
              variant="destructive"
              icon="trash-alt"
              onClick={() => onRemove(limit)}
              aria-label={t('routing.limit.remove-named', 'Remove the limit {{name}}', { name: limit.name })}
            />
          </Stack>
        ),
    },
  ];
}

function fullestText(limit: LimitView) {
  const most = fullest(limit);
  if (most === undefined) return '–';
  const percent = Math.round(100 * most.share);
  const color = percent >= 100 ? 'red' : percent >= 80 ? 'orange' : 'green';
  const { value } = most;
  return (
    <Badge
      color={color}
      text={t('routing.limit.full', '{{value}}: {{percent}} %', { value, percent })}
      tooltip={boundName(most.bound)}
    />
  );
}
