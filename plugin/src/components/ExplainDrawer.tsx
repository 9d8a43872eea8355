import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '../i18n';
import { Button, Drawer, useStyles2 } from '@grafana/ui';
import { useState, type ReactNode } from 'react';

export interface Term {
  name: string;
  value: ReactNode;
}

interface Props {
  /** What is explained, e.g. "Spend in this range". */
  subject: string;
  /** How it was computed, in a sentence or two. */
  how: ReactNode;
  /** Inputs and terms with their values. */
  terms: Term[];
  /** What stands against it: another reading, another forecaster. */
  alternatives?: ReactNode;
}

/** Why this number: inputs, terms, freshness, alternatives. */
export function ExplainButton(props: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="sm" variant="secondary" fill="text" icon="question-circle" onClick={() => setOpen(true)}>
        {t('explain.open', 'Why this number?')}
      </Button>
      {open && <ExplainDrawer {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function ExplainDrawer({ subject, how, terms, alternatives, onClose }: Props & { onClose: () => void }) {
  const styles = useStyles2(getStyles);
  return (
    <Drawer
      title={subject}
      subtitle={t('explain.subtitle', 'How this was computed, from what, and how fresh it is')}
      onClose={onClose}
      size="sm"
    >
      <p>{how}</p>
      <dl className={styles.terms}>
        {terms.map(({ name, value }) => (
          <div key={name} className={styles.term}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {alternatives}
    </Drawer>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  terms: css({ margin: theme.spacing(2, 0) }),
  term: css({
    display: 'flex',
    justifyContent: 'space-between',
    gap: theme.spacing(2),
    padding: theme.spacing(0.75, 0),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    dt: { color: theme.colors.text.secondary },
    dd: { margin: 0, textAlign: 'right' },
  }),
});
