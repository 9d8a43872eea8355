import type { BudgetHistory, BudgetView, BurnDown } from '@amadeus/backend/budgets/contract.ts';
import { Alert, Badge, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable';
import { Figure, Figures } from '../../components/Figure';
import { Notices } from '../../components/Notices';
import { FailureNote, NoDatasource, Skeleton } from '../../components/States';
import { moment } from '../../format/age';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import type { ChartPanel } from '../../panels/ChartPanel';
import { act } from '../../service/client';
import { useMe } from '../../service/MeContext';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';
import { BudgetRemoval } from './BudgetRemoval';
import { dayName } from './BudgetsAnswer';
import { scopeText, StateBadge } from './BudgetTable';
import { SnoozeForm } from './SnoozeForm';

interface Props {
  budget: BudgetView;
  chart: ChartPanel | undefined;
  onEdit: () => void;
  onChanged: () => void;
}

/** One budget: its window with the forecast, what drives it, what it told whom, and what can be done. */
export function BudgetDetail({ budget, chart, onEdit, onChanged }: Props) {
  const { id, name, status, notices } = budget;
  const [changes, setChanges] = useState(0);
  const burnDown = useService<BurnDown>(status === undefined ? undefined : `/api/budgets/${id}/burn-down`, {}, changes);
  const history = useService<BudgetHistory>(`/api/budgets/${id}/history`, {}, changes);
  const changed = () => {
    setChanges((count) => count + 1);
    onChanged();
  };
  return (
    <>
      <Part title={name} aside={<BudgetActions budget={budget} onEdit={onEdit} onChanged={changed} />}>
        <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
          <StateBadge budget={budget} />
          <span>{scopeText(budget.filters)}</span>
          {budget.firing.map(({ threshold }) => (
            <Badge key={threshold} color="red" icon="bell" text={threshold} />
          ))}
        </Stack>
        {budget.snooze && (
          <Alert
            severity="info"
            title={t('budget.snoozed-until', 'Nobody is told until {{when}}', { when: moment(budget.snooze.until) })}
          >
            {budget.snooze.by.name}: {budget.snooze.reason}
          </Alert>
        )}
        <Notices notices={notices} />
        {status && <BudgetFigures budget={budget} />}
        {chart ? <chart.Component model={chart} /> : status && <NoDatasource />}
        {burnDown.failure && (
          <FailureNote
            failure={burnDown.failure}
            what={t('budget.burn-down', 'The course of the budget')}
            retry={burnDown.reload}
          />
        )}
        {burnDown.data && <Drivers burnDown={burnDown.data} />}
      </Part>
      <Part title={t('budget.history', 'History')}>
        {history.failure && (
          <FailureNote failure={history.failure} what={t('budget.history', 'History')} retry={history.reload} />
        )}
        {!history.data && !history.failure && <Skeleton height={160} />}
        {history.data && (
          <DataTable
            name={t('budget.history', 'History')}
            columns={historyColumns()}
            rows={history.data.entries}
            rowKey={(entry) => String(entry.id)}
            empty={t('budget.history-none', 'Nothing has happened yet.')}
          />
        )}
      </Part>
    </>
  );
}

function BudgetFigures({ budget }: { budget: BudgetView }) {
  const { status, currency, method = '', dataUntil } = budget;
  if (status === undefined) return null;
  const window = `${dayName(status.windowFrom)} – ${dayName(status.windowTo)}`;
  return (
    <Figures>
      <Figure
        label={t('budget.spent', 'Spent')}
        value={formatMoney(status.spent, currency)}
        how={t('budget.spent-help', 'The sum of the bills in the window {{window}} ({{zone}}) that fit the budget.', {
          window,
          zone: budget.timeZone,
        })}
        note={t('budget.of', '{{share}} of {{amount}}', {
          share: formatShare(status.share, 0),
          amount: formatMoney(status.amount, currency),
        })}
      />
      <Figure
        label={t('budget.forecast', 'Forecast to the end')}
        value={status.forecast === undefined ? '–' : formatMoney(status.forecast, currency)}
        how={method}
        note={
          status.forecastLow === undefined || status.forecastHigh === undefined
            ? method
            : t('budget.band', '{{low}} to {{high}} in 8 of 10 cases', {
                low: formatMoney(status.forecastLow, currency),
                high: formatMoney(status.forecastHigh, currency),
              })
        }
      />
      <Figure
        label={t('budget.passes', 'Passes on')}
        value={status.passesOn ? dayName(status.passesOn) : t('budget.never', 'Not in this window')}
        how={t('budget.passes-help', 'The first day on which the spend, or the forecast of it, is above the amount.')}
        note={
          dataUntil === undefined
            ? window
            : t('budget.until', 'Bills are complete up to {{day}}', { day: dayName(dataUntil) })
        }
      />
    </Figures>
  );
}

function Drivers({ burnDown: { drivers, currency } }: { burnDown: BurnDown }) {
  if (drivers.length === 0) return null;
  return (
    <DataTable
      name={t('budget.drivers', 'What costs most in the window')}
      columns={[
        { id: 'service', header: t('budget.service', 'Service'), value: ({ service }) => service },
        {
          id: 'cost',
          header: t('budget.cost', 'Cost'),
          align: 'right',
          value: ({ cost }) => Number(cost),
          render: ({ cost }) => formatMoney(cost, currency),
        },
      ]}
      rows={drivers}
      rowKey={({ service }) => service}
      empty=""
    />
  );
}

type Entry = BudgetHistory['entries'][number];

function historyColumns(): Array<Column<Entry>> {
  return [
    { id: 'at', header: t('budget.at', 'When'), value: ({ at }) => at, render: ({ at }) => moment(at) },
    { id: 'text', header: t('budget.what', 'What'), value: ({ text }) => text },
    { id: 'by', header: t('budget.by', 'Who'), value: ({ by }) => by?.name ?? '' },
    { id: 'reason', header: t('budget.reason', 'Reason'), value: ({ reason }) => reason ?? '' },
  ];
}

function BudgetActions({ budget, onEdit, onChanged }: Omit<Props, 'chart'>) {
  const { may } = useMe();
  const [open, setOpen] = useState<'snooze' | 'release' | 'remove' | undefined>();
  const test = useAction(() => act(`/api/budgets/${budget.id}/test-alert`));
  if (!may('budgets:write')) return null;
  const done = () => {
    setOpen(undefined);
    onChanged();
  };
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      {budget.editable && (
        <Button size="sm" variant="secondary" icon="pen" onClick={onEdit}>
          {t('budget.edit', 'Edit')}
        </Button>
      )}
      <Button
        size="sm"
        variant="secondary"
        icon={budget.snooze ? 'bell' : 'bell-slash'}
        onClick={() => setOpen(budget.snooze ? 'release' : 'snooze')}
      >
        {budget.snooze ? t('budget.release', 'Release') : t('budget.snooze', 'Snooze')}
      </Button>
      <Button
        size="sm"
        variant="secondary"
        icon={test.busy ? 'spinner' : 'message'}
        disabled={test.busy}
        onClick={() => void test.run().then(onChanged)}
      >
        {t('budget.test', 'Send a test alert')}
      </Button>
      {budget.editable && (
        <Button size="sm" variant="secondary" icon="trash-alt" onClick={() => setOpen('remove')}>
          {t('budget.remove', 'Delete')}
        </Button>
      )}
      {test.failure && <FailureNote failure={test.failure} what={t('budget.test', 'Send a test alert')} />}
      {(open === 'snooze' || open === 'release') && (
        <SnoozeForm budget={budget} kind={open} onClose={() => setOpen(undefined)} onDone={done} />
      )}
      {open === 'remove' && <BudgetRemoval budget={budget} onClose={() => setOpen(undefined)} onDone={done} />}
    </Stack>
  );
}
