import type { BudgetView } from '@amadeus/backend/budgets/contract.ts';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, useStyles2, type BadgeColor } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import { dayName } from './BudgetsAnswer';

type State = NonNullable<BudgetView['status']>['state'];

const colors: Record<State, BadgeColor> = { over: 'red', 'at-risk': 'orange', ok: 'green', waiting: 'blue' };

function stateName(state: State): string {
  const names: Record<State, string> = {
    over: t('budget.state.over', 'Over'),
    'at-risk': t('budget.state.risk', 'Will pass'),
    ok: t('budget.state.ok', 'Fine'),
    waiting: t('budget.state.waiting', 'Not looked at yet'),
  };
  return names[state];
}

export function StateBadge({ budget }: { budget: BudgetView }) {
  const state = budget.status?.state ?? 'waiting';
  return (
    <>
      <Badge color={colors[state]} text={stateName(state)} />
      {budget.snooze && <Badge color="blue" icon="bell-slash" text={t('budget.snoozed', 'Snoozed')} />}
    </>
  );
}

interface Props {
  budgets: readonly BudgetView[];
  chosen: string | undefined;
  onOpen: (budget: BudgetView) => void;
}

export function BudgetTable({ budgets, onOpen }: Props) {
  return (
    <DataTable
      name={t('budget.list', 'Budgets')}
      columns={columns()}
      rows={budgets}
      rowKey={({ id }) => id}
      empty={t('budget.none', 'There is no budget yet')}
      onOpen={onOpen}
      openLabel={({ name }) => t('budget.open', 'Look at {{name}}', { name })}
      initialSort={{ id: 'used', descending: true }}
    />
  );
}

function columns(): Array<Column<BudgetView>> {
  const amount = (value: string | undefined, { currency }: BudgetView) =>
    value === undefined ? '–' : formatMoney(value, currency);
  return [
    { id: 'name', header: t('budget.name', 'Budget'), value: ({ name }) => name },
    {
      id: 'state',
      header: t('budget.state.name', 'State'),
      value: ({ status }) => stateName(status?.state ?? 'waiting'),
      render: (budget) => <StateBadge budget={budget} />,
    },
    {
      id: 'used',
      header: t('budget.used', 'Used'),
      value: ({ status }) => Number(status?.share ?? 0),
      render: ({ status }) => <Used share={status?.share} />,
    },
    {
      id: 'spent',
      header: t('budget.spent', 'Spent'),
      align: 'right',
      value: ({ status }) => Number(status?.spent ?? 0),
      render: (budget) => amount(budget.status?.spent, budget),
    },
    {
      id: 'amount',
      header: t('budget.amount', 'Amount'),
      align: 'right',
      value: (budget) => Number(budget.amount),
      render: (budget) => amount(budget.amount, budget),
    },
    {
      id: 'forecast',
      header: t('budget.forecast', 'Forecast to the end'),
      align: 'right',
      value: ({ status }) => Number(status?.forecast ?? 0),
      render: (budget) => amount(budget.status?.forecast, budget),
    },
    {
      id: 'passes',
      header: t('budget.passes', 'Passes on'),
      value: ({ status }) => status?.passesOn ?? '',
      render: ({ status }) => (status?.passesOn ? dayName(status.passesOn) : '–'),
    },
    {
      id: 'scope',
      header: t('budget.scope', 'Counts'),
      hidden: true,
      value: ({ filters }) => scopeText(filters),
    },
  ];
}

/** What a budget counts, in words. */
export function scopeText(filters: BudgetView['filters']): string {
  if (filters.length === 0) return t('budget.everything', 'All costs');
  return filters
    .map(
      ({ dimension, values }) =>
        `${dimension.replace(/^x_/, '')}: ${values.map((value) => value || t('scope.none', '(none)')).join(', ')}`,
    )
    .join('; ');
}

function Used({ share }: { share: string | undefined }) {
  const styles = useStyles2(getStyles);
  if (share === undefined) return <>–</>;
  const part = Math.min(1, Math.max(0, Number(share)));
  const color = Number(share) > 1 ? styles.over : Number(share) > 0.8 ? styles.near : styles.fine;
  return (
    <span className={styles.used}>
      <span className={styles.track} aria-hidden>
        <span className={color} style={{ width: `${part * 100}%` }} />
      </span>
      {formatShare(share, 0)}
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const bar = (background: string) => css({ display: 'block', height: '100%', background });
  return {
    used: css({
      display: 'inline-flex',
      alignItems: 'center',
      gap: theme.spacing(1),
      fontVariantNumeric: 'tabular-nums',
    }),
    track: css({
      display: 'inline-block',
      width: 80,
      height: 8,
      borderRadius: 4,
      overflow: 'hidden',
      background: theme.colors.background.secondary,
      border: `1px solid ${theme.colors.border.weak}`,
    }),
    over: bar(theme.colors.error.main),
    near: bar(theme.colors.warning.main),
    fine: bar(theme.colors.success.main),
  };
};
