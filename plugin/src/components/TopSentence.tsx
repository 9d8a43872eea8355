import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';

interface Props {
  /** The answer of the page, with a number from the data. */
  children: ReactNode;
  /** Badges and the way to what stands behind the sentence. */
  aside?: ReactNode;
}

export function TopSentence({ children, aside }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.block}>
      <p className={styles.sentence} aria-live="polite" data-testid="amadeus-sentence">
        {children}
      </p>
      {aside && <div className={styles.aside}>{aside}</div>}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  block: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), minHeight: 64 }),
  sentence: css({
    margin: 0,
    fontSize: theme.typography.h3.fontSize,
    lineHeight: 1.35,
    color: theme.colors.text.maxContrast,
    textWrap: 'pretty',
    maxWidth: '70ch',
  }),
  aside: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), alignItems: 'center' }),
});
