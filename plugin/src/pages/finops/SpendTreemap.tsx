import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { useMemo } from 'react';
import { t } from '../../i18n';
import { safeColor, textOn } from '../../panels/safe-colors';
import { squarify, type Box } from './treemap-layout';
import type { SpendCell, SpendGroup } from './spend-groups';
import { useRovingFocus } from './use-roving-focus';
import { useWidth } from './use-width';

interface Props {
  title: string;
  groups: readonly SpendGroup[];
  /** A cell in words: its name, cost and share. */
  say: (cell: SpendCell, group?: SpendGroup) => string;
  money: (cost: string) => string;
  /** The cell that is pointed at or focused. */
  onPoint: (text: string) => void;
  onOpen: (keys: Record<string, string>) => void;
}

interface Tile {
  key: string;
  text: string;
  label: string;
  cost: string;
  box: Box;
  color: string;
  /** Heading of its group, above its cells. */
  isHead: boolean;
  keys?: Record<string, string>;
}

const height = 380;
const headHeight = 20;
const gap = 1;

/** Spend as areas: a colour for each value of the first dimension, in it the values of the second. */
export function SpendTreemap({ title, groups, say, money, onPoint, onOpen }: Props) {
  const styles = useStyles2(getStyles);
  const { ref, width } = useWidth<HTMLDivElement>();
  const tiles = useMemo(() => tilesOf(groups, width, say, money), [groups, width, say, money]);
  const press = (index: number) => {
    const keys = tiles[index]?.keys;
    if (keys) onOpen(keys);
  };
  const roving = useRovingFocus(tiles.length, press);
  return (
    <div ref={ref} className={styles.box}>
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="group"
          aria-label={title}
          aria-roledescription={t('finops.chart.treemap', 'Treemap')}
          data-roving-group
        >
          {tiles.map((tile, index) => {
            const { key, text, box, color, isHead, keys } = tile;
            const { onFocus, ...rest } = roving(index);
            return (
              <g
                key={key}
                role="button"
                aria-label={text}
                aria-disabled={keys === undefined}
                className={keys ? styles.open : styles.tile}
                transform={`translate(${box.x}, ${box.y})`}
                onClick={() => press(index)}
                onMouseEnter={() => onPoint(text)}
                onFocus={() => {
                  onFocus();
                  onPoint(text);
                }}
                {...rest}
              >
                <rect
                  width={Math.max(0, box.width - gap)}
                  height={Math.max(0, box.height - gap)}
                  fill={color}
                  fillOpacity={isHead ? 1 : 0.86}
                />
                <Labels tile={tile} />
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

/** Name and cost where there is room for them; the rest is said on hover, on focus and in the table. */
function Labels({ tile: { box, label, cost, color, isHead } }: { tile: Tile }) {
  const fill = textOn(color);
  if (box.width < 34 || box.height < 16) return null;
  const fitting = (text: string) => shortened(text, Math.floor((box.width - 10) / 6.6));
  const two = !isHead && box.height >= 36;
  return (
    <>
      <text x={5} y={14} fill={fill} fontSize={12} fontWeight={isHead ? 600 : 500} pointerEvents="none" aria-hidden>
        {isHead ? fitting(`${label}  ${cost}`) : fitting(label)}
      </text>
      {two && (
        <text x={5} y={29} fill={fill} fontSize={12} pointerEvents="none" aria-hidden>
          {fitting(cost)}
        </text>
      )}
    </>
  );
}

function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, Math.max(1, most - 1)).join('')}…`;
}

function tilesOf(groups: readonly SpendGroup[], width: number, say: Props['say'], money: Props['money']): Tile[] {
  const boxes = squarify(
    groups.map(({ cost }) => Number(cost)),
    { x: 0, y: 0, width, height },
  );
  return groups.flatMap((group, index) => {
    const box = boxes[index]!;
    const tile = (cell: SpendCell, place: Box, key: string, isHead: boolean, text: string): Tile => ({
      ...{ key, text, isHead, label: cell.name, cost: money(cell.cost), box: place, color: safeColor(index) },
      ...(cell.keys ? { keys: cell.keys } : {}),
    });
    const { cells, name } = group;
    if (cells.length === 0) return [tile(group, box, name, false, say(group))];
    const hasHead = box.height > headHeight + 24 && box.width > 48;
    const inner = hasHead ? { ...box, y: box.y + headHeight, height: box.height - headHeight } : box;
    const places = squarify(
      cells.map(({ cost }) => Number(cost)),
      inner,
    );
    return [
      ...(hasHead ? [tile(group, { ...box, height: headHeight }, name, true, say(group))] : []),
      ...cells.map((cell, at) => tile(cell, places[at]!, `${name}/${cell.name}/${at}`, false, say(cell, group))),
    ];
  });
}

const getStyles = (theme: GrafanaTheme2) => {
  const tile = {
    outline: 'none',
    '&:focus-visible rect': { stroke: theme.colors.text.maxContrast, strokeWidth: 3 },
  };
  return {
    box: css({ minHeight: height, minWidth: 0, width: '100%', overflow: 'hidden' }),
    tile: css(tile),
    open: css({ ...tile, cursor: 'pointer', '&:hover rect': { fillOpacity: 1 } }),
  };
};
