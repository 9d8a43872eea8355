import { css } from '@emotion/css';
import type { IncidentView } from '@amadeus/backend/healing/contract.ts';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Stack, TextLink, useStyles2 } from '@grafana/ui';
import { pageAddress } from '../../app/page-address';
import { ago, clock, moment } from '../../format/age';
import { t } from '../../i18n';
import { ActRow } from './ActRow';
import { causeName, nameOf, needsPerson, troubleNames, verdictColor, verdictNames } from './healing-words';
import { LogsLink } from './LogsLink';

interface Props {
  incident: IncidentView;
  onChange: (id: number) => void;
}

/** One thing that fell over: when, why, what was done, what a person can do. */
export function IncidentCard({ incident, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const { trouble, verdict, cause, evidence, why, advice, acts, firstAt, closedAt, container } = incident;
  const name = nameOf(incident);
  return (
    <li className={styles.card} aria-label={`${name}: ${troubleNames()[trouble]}`}>
      <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
        <span className={styles.time} title={moment(firstAt)}>
          {clock(firstAt)}
          {closedAt ? `–${clock(closedAt)}` : ''}
        </span>
        <strong className={styles.name}>{name}</strong>
        <Badge color="blue" text={troubleNames()[trouble]} />
        <Badge color={verdictColor(verdict)} text={verdictNames()[verdict]} />
        <span className={styles.quiet}>
          {closedAt ? ago(firstAt) : t('healing.going-on', 'goes on, since {{when}}', { when: ago(firstAt) })}
          {' · '}
          {t('healing.crashes', '{{count}} restarts', { count: incident.crashes, defaultValue_one: '1 restart' })}
          {' · '}
          {incident.cluster} · {container}
        </span>
      </Stack>
      <p className={styles.text}>
        {t('healing.cause-said', 'The cause: {{cause}}.', { cause: causeName(cause) })} {why}
      </p>
      {evidence !== null && evidence !== '' && <code className={styles.evidence}>{evidence}</code>}
      {acts.length > 0 && (
        <ul className={styles.acts} aria-label={t('healing.acts', 'What was done')}>
          {acts.map((act) => (
            <ActRow key={`${act.changeId} ${act.at}`} act={act} onChange={onChange} />
          ))}
        </ul>
      )}
      {needsPerson(incident) && !why.includes(advice) && (
        <p className={styles.text}>
          <strong>{t('healing.advice', 'What you can do')}:</strong> {advice}
        </p>
      )}
      <Stack direction="row" gap={2} wrap="wrap" alignItems="center">
        <LogsLink incident={incident} />
        <TextLink href={pageAddress('traffic/load', { workload: [name] })} inline={false} variant="bodySmall">
          {t('healing.traffic', 'Its traffic')}
        </TextLink>
      </Stack>
    </li>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
    padding: theme.spacing(1.5, 2),
    borderLeft: `3px solid ${theme.colors.border.medium}`,
    background: theme.colors.background.primary,
    marginBottom: theme.spacing(1),
    minWidth: 0,
  }),
  time: css({ fontVariantNumeric: 'tabular-nums', color: theme.colors.text.secondary }),
  name: css({ overflowWrap: 'anywhere' }),
  quiet: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  text: css({ margin: 0, maxWidth: '90ch', overflowWrap: 'anywhere' }),
  evidence: css({ alignSelf: 'flex-start', maxWidth: '100%', overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }),
  acts: css({
    listStyle: 'none',
    margin: 0,
    padding: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
  }),
});
