import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { safeColor, textOn } from '../../panels/safe-colors';
import { formatShare } from '../../format/money';
import type { SpendCell, SpendGroup } from './spend-groups';
import { useRovingFocus } from './use-roving-focus';

interface Props {
  title: string;
  groups: readonly SpendGroup[];
  /** Values of the second dimension, the largest first: their place is their colour. */
  series: readonly string[];
  /** A cell in words: its name, cost and share. */
  say: (cell: SpendCell, group?: SpendGroup) => string;
  money: (cost: string) => string;
  onPoint: (text: string) => void;
  onOpen: (keys: Record<string, string>) => void;
}

interface Piece {
  cell: SpendCell;
  text: string;
  color: string;
  /** Its place among all things that can be pressed. */
  index: number;
}

/** A bar for each value of the first dimension, in it a piece for each value of the second. */
export function SpendBars({ title, groups, series, say, money, onPoint, onOpen }: Props) {
  const styles = useStyles2(getStyles);
  const most = Math.max(...groups.map(({ share }) => share), Number.EPSILON);
  let count = 0;
  const bars = groups.map((group) => ({
    group,
    pieces: (group.cells.length === 0 ? [group] : bySeries(group.cells, series)).map<Piece>((cell) => ({
      cell,
      text: cell === group ? say(group) : say(cell, group),
      color: safeColor(Math.max(0, series.indexOf(cell.name))),
      index: count++,
    })),
  }));
  const pieces = bars.flatMap((bar) => bar.pieces);
  const press = (index: number) => {
    const keys = pieces[index]?.cell.keys;
    if (keys) onOpen(keys);
  };
  const roving = useRovingFocus(pieces.length, press);
  return (
    <div>
      <div className={styles.bars} role="group" aria-label={title} data-roving-group>
        {bars.map(({ group, pieces: own }) => (
          <div key={group.name} className={styles.row}>
            <span className={styles.name} title={group.name}>
              {group.name}
            </span>
            <span className={styles.track}>
              <span className={styles.bar} style={{ width: `${(group.share / most) * 100}%` }}>
                {own.map(({ cell, text, color, index }) => {
                  const { onFocus, ...rest } = roving(index);
                  return (
                    <button
                      key={index}
                      type="button"
                      aria-label={text}
                      aria-disabled={cell.keys === undefined}
                      className={cx(styles.piece, cell.keys && styles.open)}
                      // Shares add up to less than 1, which would leave a part of the bar empty.
                      style={{ flexGrow: cell.share * 1e6, background: color, color: textOn(color) }}
                      onClick={() => press(index)}
                      onMouseEnter={() => onPoint(text)}
                      onFocus={() => {
                        onFocus();
                        onPoint(text);
                      }}
                      {...rest}
                    />
                  );
                })}
              </span>
            </span>
            <span className={styles.cost}>
              {money(group.cost)} <span className={styles.share}>{formatShare(group.share)}</span>
            </span>
          </div>
        ))}
      </div>
      {series.length > 0 && (
        <ul className={styles.legend}>
          {series.map((name, index) => (
            <li key={name} className={styles.key}>
              <span className={styles.swatch} style={{ background: safeColor(index) }} aria-hidden />
              {name}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Pieces of one colour stand at one place in every bar; those beyond the limit are last, as one. */
function bySeries(cells: readonly SpendCell[], series: readonly string[]): SpendCell[] {
  const place = ({ name }: SpendCell) => (series.includes(name) ? series.indexOf(name) : series.length);
  return [...cells].sort((one, other) => place(one) - place(other));
}

const getStyles = (theme: GrafanaTheme2) => ({
  bars: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(0.75) }),
  row: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(80px, 200px) minmax(0, 1fr) minmax(120px, auto)',
    gap: theme.spacing(1.5),
    alignItems: 'center',
    [theme.breakpoints.down('sm')]: {
      gridTemplateColumns: 'minmax(0, 1fr) auto',
      '& > :nth-child(2)': { gridColumn: '1 / -1', gridRow: 2 },
    },
  }),
  name: css({ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
  track: css({ display: 'block', minWidth: 0 }),
  bar: css({ display: 'flex', height: 24, minWidth: 4, gap: 1 }),
  piece: css({
    all: 'unset',
    minWidth: 2,
    flexBasis: 0,
    '&:focus-visible': { outline: `2px solid ${theme.colors.text.maxContrast}`, outlineOffset: 1, zIndex: 1 },
  }),
  open: css({ cursor: 'pointer', '&:hover': { filter: 'brightness(1.15)' } }),
  cost: css({ textAlign: 'right', fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }),
  share: css({ color: theme.colors.text.secondary, display: 'inline-block', minWidth: 56 }),
  legend: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0.5, 2),
    listStyle: 'none',
    margin: theme.spacing(1.5, 0, 0),
    padding: 0,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  key: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.75), overflowWrap: 'anywhere' }),
  swatch: css({ width: 12, height: 12, borderRadius: 2, flexShrink: 0 }),
});
