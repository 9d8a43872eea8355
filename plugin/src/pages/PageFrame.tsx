import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';

/** The parts of a page, one below the other. */
export function PageFrame({ children }: { children: ReactNode }) {
  return <div className={useStyles2(getStyles).page}>{children}</div>;
}

/** Two parts side by side where there is room, below each other where not. */
export function Columns({ children }: { children: ReactNode }) {
  return <div className={useStyles2(getStyles).columns}>{children}</div>;
}

/** A part of a page under a heading. */
export function Part({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const styles = useStyles2(getStyles);
  return (
    <section className={styles.part} aria-label={title}>
      <div className={styles.head}>
        <h2 className={styles.title}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(3),
    flexGrow: 1,
    minWidth: 0,
    paddingBottom: theme.spacing(6),
  }),
  columns: css({
    display: 'grid',
    gap: theme.spacing(2),
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 480px), 1fr))',
  }),
  part: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), minWidth: 0 }),
  head: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
    alignItems: 'center',
    justifyContent: 'space-between',
  }),
  title: css({ fontSize: theme.typography.h4.fontSize, margin: 0 }),
});
