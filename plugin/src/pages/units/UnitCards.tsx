import type { Card } from '@amadeus/backend/unit-economics/contract.ts';
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Tooltip, useStyles2 } from '@grafana/ui';
import { formatChange, formatMoney, formatShare } from '../../format/money';
import { formatUnitCost } from '../../format/unit-cost';
import { spoken, t } from '../../i18n';

interface Props {
  cards: readonly Card[];
  chosen: Card['id'];
  onChoose: (unit: Card['id']) => void;
}

/** One card for each unit: what it costs, its course, and what changed it. Choosing one draws it below. */
export function UnitCards({ cards, chosen, onChoose }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.grid} role="group" aria-label={t('unit.cards', 'Unit costs')}>
      {cards.map((card) => (
        <UnitCard key={card.id} card={card} chosen={card.id === chosen} onChoose={() => onChoose(card.id)} />
      ))}
    </div>
  );
}

function UnitCard({ card, chosen, onChoose }: { card: Card; chosen: boolean; onChoose: () => void }) {
  const styles = useStyles2(getStyles);
  const title = spoken(card.title);
  const change = card.change?.share === undefined ? undefined : Number(card.change.share) * 100;
  return (
    <Tooltip content={card.unavailable ?? spoken(card.how)} placement="bottom">
      <button
        type="button"
        className={cx(styles.card, chosen && styles.chosen)}
        aria-pressed={chosen}
        onClick={onChoose}
      >
        <span className={styles.title}>{title}</span>
        <span className={styles.value}>
          {card.value === undefined ? '–' : formatUnitCost(card.value, card.currency)}
          {change !== undefined && (
            <span className={change > 0 ? styles.more : styles.less}>{formatChange(change)}</span>
          )}
        </span>
        <Sparkline values={card.series.map(({ value }) => (value === undefined ? undefined : Number(value)))} />
        <span className={styles.note}>
          {card.unavailable ??
            (card.change
              ? t('unit.split', 'price {{price}}, mix {{mix}}', {
                  price: signed(card.change.value.price, card.currency),
                  mix: signed(card.change.value.mix, card.currency),
                })
              : t('unit.total', '{{cost}} in all', { cost: formatMoney(card.cost, card.currency) }))}
        </span>
        {card.missing && Number(card.missing.share) > 0 && (
          <Badge
            color={Number(card.missing.share) > 0.1 ? 'orange' : 'blue'}
            icon="tag-alt"
            text={t('unit.missing', '{{share}} not attributed', { share: formatShare(card.missing.share) })}
          />
        )}
      </button>
    </Tooltip>
  );
}

function signed(amount: string, currency: string): string {
  return `${Number(amount) >= 0 ? '+' : '−'}${formatUnitCost(amount.replace('-', ''), currency)}`;
}

/** The course of the days in a line; its table is the chart below, so that it says nothing to a screen reader. */
function Sparkline({ values }: { values: ReadonlyArray<number | undefined> }) {
  const styles = useStyles2(getStyles);
  const known = values.filter((value) => value !== undefined);
  if (known.length < 2) return <span className={styles.line} />;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const points = values.flatMap((value, index) =>
    value === undefined
      ? []
      : [
          `${(index / (values.length - 1)) * 100},${28 - (high === low ? 14 : ((value - low) / (high - low)) * 26 + 1)}`,
        ],
  );
  return (
    <svg className={styles.line} viewBox="0 0 100 28" preserveAspectRatio="none" aria-hidden>
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  grid: css({
    display: 'grid',
    gap: theme.spacing(2),
    gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 220px), 1fr))',
  }),
  card: css({
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'stretch',
    gap: theme.spacing(0.5),
    minHeight: 148,
    padding: theme.spacing(1.5, 2),
    textAlign: 'left',
    color: theme.colors.text.primary,
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    cursor: 'pointer',
    '&:hover': { background: theme.colors.emphasize(theme.colors.background.primary, 0.03) },
  }),
  chosen: css({
    borderColor: theme.colors.primary.border,
    boxShadow: `inset 0 0 0 1px ${theme.colors.primary.border}`,
  }),
  title: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  value: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'baseline',
    gap: theme.spacing(1),
    fontSize: theme.typography.h3.fontSize,
    fontVariantNumeric: 'tabular-nums',
  }),
  more: css({ fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.warning.text }),
  less: css({ fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.success.text }),
  line: css({ display: 'block', width: '100%', height: 28, color: theme.colors.primary.text }),
  note: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
