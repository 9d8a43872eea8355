import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '../i18n';
import { Button, Icon, Input, Stack, useStyles2 } from '@grafana/ui';
import { useMemo, useState, type KeyboardEvent, type ReactNode, type UIEvent } from 'react';
import { downloadCsv, toCsv } from '../format/csv';
import { ColumnChoice } from './ColumnChoice';

export interface Column<T> {
  id: string;
  header: string;
  /** What is sorted, filtered and exported. */
  value: (row: T) => string | number;
  /** What is seen, where it is more than the value. */
  render?: (row: T) => ReactNode;
  align?: 'left' | 'right';
  /** A sentence: it goes on in further lines where the table is narrow, as long as all rows are drawn. */
  wraps?: boolean;
  /** Not shown until it is chosen. */
  hidden?: boolean;
}

interface Props<T> {
  /** Names the table to a screen reader, and its file. */
  name: string;
  columns: ReadonlyArray<Column<T>>;
  rows: readonly T[];
  rowKey: (row: T, index: number) => string;
  empty: string;
  onOpen?: (row: T) => void;
  /** What opening a row does, e.g. "Show the lines of". */
  openLabel?: (row: T) => string;
  initialSort?: { id: string; descending: boolean };
}

const rowHeight = 36;
const shownRows = 12;
/** Rows that stand in the page above and below what is seen. */
const margin = 6;

/** A table that sorts, filters, hides columns, exports what is seen, and draws only the rows in view. */
export function DataTable<T>({ name, columns, rows, rowKey, empty, onOpen, openLabel, initialSort }: Props<T>) {
  const styles = useStyles2(getStyles);
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState(initialSort);
  const [hidden, setHidden] = useState(() => new Set(columns.filter((one) => one.hidden).map(({ id }) => id)));
  const [top, setTop] = useState(0);
  const seen = columns.filter(({ id }) => !hidden.has(id));
  const found = useMemo(() => arrange(rows, columns, filter, sort), [rows, columns, filter, sort]);
  const windowed = found.length > 60;
  const first = windowed ? Math.max(0, Math.floor(top / rowHeight) - margin) : 0;
  const last = windowed ? Math.min(found.length, first + shownRows + 2 * margin) : found.length;
  const save = () =>
    downloadCsv(
      name,
      toCsv([seen.map(({ header }) => header), ...found.map((row) => seen.map(({ value }) => value(row)))]),
    );
  const sortBy = (id: string) => setSort((old) => ({ id, descending: old?.id === id ? !old.descending : true }));

  return (
    <div className={styles.block}>
      <Stack direction="row" gap={1} wrap="wrap" alignItems="center" justifyContent="space-between">
        <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
          {rows.length > 5 && (
            <Input
              aria-label={t('table.filter', 'Filter {{name}}', { name })}
              placeholder={t('table.filter-hint', 'Filter rows')}
              value={filter}
              width={24}
              onChange={(event) => setFilter(event.currentTarget.value)}
            />
          )}
          <span className={styles.count} aria-live="polite">
            {filter === ''
              ? t('table.count', '{{count}} rows', { count: rows.length, defaultValue_one: '{{count}} row' })
              : t('table.count-of', '{{found}} of {{total}} rows', { found: found.length, total: rows.length })}
          </span>
        </Stack>
        <Stack direction="row" gap={1}>
          {columns.length > 3 && <ColumnChoice columns={columns} hidden={hidden} onChange={setHidden} />}
          <Button variant="secondary" size="sm" icon="download-alt" onClick={save} disabled={found.length === 0}>
            {t('table.csv', 'CSV')}
          </Button>
        </Stack>
      </Stack>
      {/* A scrolling region must be reachable by keyboard. */}
      <div
        className={styles.scroll}
        role="region"
        aria-label={name}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onScroll={(event: UIEvent<HTMLDivElement>) => windowed && setTop(event.currentTarget.scrollTop)}
      >
        <table className={styles.table} aria-rowcount={found.length + 1}>
          <caption className={styles.caption}>{name}</caption>
          <thead>
            <tr>
              {seen.map((column) => (
                <th
                  key={column.id}
                  scope="col"
                  className={cx(column.align === 'right' && styles.right)}
                  aria-sort={sort?.id !== column.id ? 'none' : sort.descending ? 'descending' : 'ascending'}
                >
                  <button type="button" className={styles.sort} onClick={() => sortBy(column.id)}>
                    {column.header}
                    {sort?.id === column.id && <Icon name={sort.descending ? 'arrow-down' : 'arrow-up'} size="sm" />}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {first > 0 && <tr aria-hidden style={{ height: first * rowHeight }} />}
            {found.slice(first, last).map((row, index) => (
              <tr
                key={rowKey(row, first + index)}
                aria-rowindex={first + index + 2}
                className={cx(styles.row, onOpen && styles.open)}
                onClick={onOpen && (() => onOpen(row))}
              >
                {seen.map((column, at) => (
                  <td
                    key={column.id}
                    className={cx(column.align === 'right' && styles.right, column.wraps && !windowed && styles.wraps)}
                  >
                    {at === 0 && onOpen ? (
                      <button
                        type="button"
                        className={styles.link}
                        aria-label={openLabel?.(row)}
                        onClick={(event) => {
                          event.stopPropagation();
                          onOpen(row);
                        }}
                        onKeyDown={moveBetweenRows}
                      >
                        {content(column, row)}
                      </button>
                    ) : (
                      content(column, row)
                    )}
                  </td>
                ))}
              </tr>
            ))}
            {last < found.length && <tr aria-hidden style={{ height: (found.length - last) * rowHeight }} />}
          </tbody>
        </table>
        {found.length === 0 && (
          <p className={styles.empty}>
            {rows.length === 0 ? empty : t('table.no-match', 'No row contains "{{filter}}".', { filter })}
          </p>
        )}
      </div>
    </div>
  );
}

function content<T>(column: Column<T>, row: T): ReactNode {
  return column.render ? column.render(row) : column.value(row);
}

/** Rows that contain the text in some column, in the chosen order; numbers by size, texts as people sort them. */
function arrange<T>(
  rows: readonly T[],
  columns: ReadonlyArray<Column<T>>,
  filter: string,
  sort: Props<T>['initialSort'],
): readonly T[] {
  const wanted = filter.trim().toLowerCase();
  const found =
    wanted === ''
      ? rows
      : rows.filter((row) => columns.some(({ value }) => String(value(row)).toLowerCase().includes(wanted)));
  const column = columns.find(({ id }) => id === sort?.id);
  if (column === undefined) return found;
  const order = sort?.descending ? -1 : 1;
  return [...found].sort((a, b) => {
    const [left, right] = [column.value(a), column.value(b)];
    const compared =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : String(left).localeCompare(String(right), undefined, { numeric: true });
    return compared * order;
  });
}

/** Arrow keys go to the row above or below. */
function moveBetweenRows(event: KeyboardEvent<HTMLButtonElement>) {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const row = event.currentTarget.closest('tr');
  const next = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling;
  const button = next?.querySelector('button');
  if (!button) return;
  event.preventDefault();
  button.focus();
}

const getStyles = (theme: GrafanaTheme2) => ({
  block: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), minWidth: 0 }),
  count: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  scroll: css({
    overflow: 'auto',
    maxHeight: (shownRows + 1) * rowHeight,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  table: css({
    width: '100%',
    borderCollapse: 'collapse',
    'th, td': { padding: theme.spacing(0, 1), height: rowHeight, whiteSpace: 'nowrap', textAlign: 'left' },
    thead: { position: 'sticky', top: 0, zIndex: 1, background: theme.colors.background.secondary },
  }),
  caption: css({ position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' }),
  right: css({ '&&': { textAlign: 'right' }, fontVariantNumeric: 'tabular-nums' }),
  wraps: css({ '&&': { whiteSpace: 'normal', minWidth: '28ch', paddingTop: 6, paddingBottom: 6 } }),
  sort: css({
    all: 'unset',
    cursor: 'pointer',
    fontWeight: theme.typography.fontWeightMedium,
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: 2 },
  }),
  row: css({ borderTop: `1px solid ${theme.colors.border.weak}` }),
  open: css({ cursor: 'pointer', '&:hover': { background: theme.colors.action.hover } }),
  link: css({
    all: 'unset',
    cursor: 'pointer',
    color: theme.colors.text.link,
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: 2 },
  }),
  empty: css({ padding: theme.spacing(2), margin: 0, color: theme.colors.text.secondary }),
});
