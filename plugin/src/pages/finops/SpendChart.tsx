import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Dropdown, IconButton, PanelChrome, useStyles2 } from '@grafana/ui';
import { useCallback, useMemo, useState } from 'react';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import { AddToDashboard, tableModel } from '../../panels/AddToDashboard';
import type { ChartQuery } from '../../panels/panel-links';
import type { CostSummary, Dimension } from '../../service/contract';
import { spendGroups, type SpendCell, type SpendGroup } from './spend-groups';
import { SpendBars } from './SpendBars';
import { SpendChartMenu } from './SpendChartMenu';
import { SpendChartTable } from './SpendChartTable';
import { SpendTreemap } from './SpendTreemap';

interface Props {
  kind: 'bars' | 'treemap';
  summary: CostSummary;
  dims: readonly Dimension[];
  /** What the data source is asked for the same; undefined where there is no data source. */
  query: Omit<ChartQuery, 'title'> | undefined;
  onOpen: (keys: Record<string, string>) => void;
}

/** Groups and pieces in each that are drawn; more cannot be told apart. */
const limits = { bars: { groups: 15, cells: 7, sameCells: true }, treemap: { groups: 12, cells: 14 } };

/** Spend by two dimensions, as bars or as a treemap. A piece opens what it shows, as a row of the table does. */
export function SpendChart({ kind, summary, dims, query, onOpen }: Props) {
  const styles = useStyles2(getStyles);
  const { currency, rows } = summary;
  const [pointed, setPointed] = useState('');
  const [asTable, setAsTable] = useState(false);
  const [adding, setAdding] = useState(false);
  const title = titleOf(summary.dims, dims);
  const rest = t('spend.rest', '(other)');
  const { groups, series, credits } = useMemo(
    () => spendGroups(rows, summary.dims, { ...limits[kind], rest }),
    [rows, summary.dims, kind, rest],
  );
  const money = useCallback((cost: string) => formatMoney(cost, currency), [currency]);
  const say = useCallback(
    (cell: SpendCell, group?: SpendGroup) =>
      t('spend.said', '{{name}}: {{cost}}, {{share}}', {
        name: group ? `${group.name} / ${cell.name}` : cell.name,
        cost: formatMoney(cell.cost, currency, { digits: 2 }),
        share: formatShare(cell.share),
      }),
    [currency],
  );
  const shared = { title, groups, say, money, onPoint: setPointed, onOpen };
  return (
    <figure className={styles.figure} aria-label={title}>
      <PanelChrome
        title={title}
        actions={
          <Dropdown
            placement="bottom-end"
            overlay={
              <SpendChartMenu
                chart={query && { ...query, title }}
                summary={summary}
                asTable={asTable}
                onTable={() => setAsTable(!asTable)}
                onAdd={() => setAdding(true)}
              />
            }
          >
            <IconButton name="ellipsis-v" aria-label={t('spend.menu', 'Menu for {{title}}', { title })} />
          </Dropdown>
        }
      >
        <div className={styles.body}>
          {kind === 'bars' ? <SpendBars {...shared} series={series} /> : <SpendTreemap {...shared} />}
          <p className={styles.pointed} aria-hidden>
            {pointed || t('spend.point', 'Point at a part to see its cost; click it to look into it.')}
          </p>
          {credits !== undefined && (
            <p className={styles.pointed}>
              {t('spend.credits', 'Credits of {{amount}} have no area; the table below has them.', {
                amount: formatMoney(credits, currency, { digits: 2 }),
              })}
            </p>
          )}
        </div>
      </PanelChrome>
      {asTable && (
        <SpendChartTable
          title={title}
          groups={groups}
          dims={summary.dims.map((name) => labelOf(name, dims))}
          currency={currency}
        />
      )}
      {adding && query && (
        <AddToDashboard buildPanel={() => tableModel({ ...query, title })} onClose={() => setAdding(false)} />
      )}
    </figure>
  );
}

function titleOf([first = '', second]: readonly string[], dims: readonly Dimension[]): string {
  return second === undefined
    ? t('spend.by-one', 'Spend by {{first}}', { first: labelOf(first, dims) })
    : t('spend.by-two', 'Spend by {{first}} and {{second}}', {
        first: labelOf(first, dims),
        second: labelOf(second, dims),
      });
}

function labelOf(name: string, dims: readonly Dimension[]): string {
  return dims.find((dim) => dim.name === name)?.label ?? name;
}

const getStyles = (theme: GrafanaTheme2) => ({
  figure: css({ margin: 0, minWidth: 0, display: 'flex', flexDirection: 'column', gap: theme.spacing(1) }),
  body: css({ padding: theme.spacing(1), minWidth: 0 }),
  pointed: css({
    margin: theme.spacing(1, 0, 0),
    minHeight: '1.5em',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    fontVariantNumeric: 'tabular-nums',
  }),
});
