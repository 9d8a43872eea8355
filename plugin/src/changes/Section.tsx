import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';

/** A part of the drawer under its heading. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles2(getStyles);
  return (
    <section className={styles.section} aria-label={title}>
      <h3 className={styles.title}>{title}</h3>
      {children}
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  section: css({
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'stretch',
    gap: theme.spacing(1),
    p: { margin: 0 },
    'ul, ol': { margin: 0, paddingLeft: theme.spacing(3) },
    '> button': { alignSelf: 'flex-start' },
  }),
  title: css({ fontSize: theme.typography.h5.fontSize, margin: 0 }),
});
