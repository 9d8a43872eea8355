import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Tooltip, useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';

interface Props {
  label: string;
  value: ReactNode;
  /** How it was computed and how fresh it is. */
  how: string;
  note?: ReactNode;
  /** What stands behind the number. */
  href?: string | undefined;
}

/** One number with its unit, and how it came about on hover or focus. */
export function Figure({ label, value, how, note, href }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <Tooltip content={how} placement="bottom">
      {/* Focusable, so that the explanation is there for the keyboard too. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.card} role="group" aria-label={label} tabIndex={0}>
        <div className={styles.label}>{label}</div>
        <div className={styles.value}>
          {href === undefined ? (
            value
          ) : (
            <a className={styles.link} href={href}>
              {value}
            </a>
          )}
        </div>
        <div className={styles.note}>{note}</div>
      </div>
    </Tooltip>
  );
}

/** Figures side by side, as many as fit. */
export function Figures({ children }: { children: ReactNode }) {
  return <div className={useStyles2(getStyles).row}>{children}</div>;
}

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({
    display: 'grid',
    gap: theme.spacing(2),
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 200px), 1fr))',
  }),
  card: css({
    padding: theme.spacing(1.5, 2),
    minHeight: 96,
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    cursor: 'help',
  }),
  label: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  value: css({ fontSize: theme.typography.h2.fontSize, fontVariantNumeric: 'tabular-nums', lineHeight: 1.3 }),
  link: css({ textDecoration: 'underline', textDecorationStyle: 'dotted', textUnderlineOffset: 4 }),
  note: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
