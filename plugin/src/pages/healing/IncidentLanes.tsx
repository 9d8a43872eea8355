import { css } from '@emotion/css';
import type { IncidentView } from '@amadeus/backend/healing/contract.ts';
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { safeColors } from '../../panels/safe-colors';
import { needsPerson, troubleNames, verdictNames } from './healing-words';
import { lanes, ticks, type LaneBar } from './incident-lanes';

interface Props {
  incidents: readonly IncidentView[];
  /** Epoch milliseconds. */
  from: number;
  to: number;
}

const dayMs = 86_400_000;
const colors = { healed: safeColors[2]!, person: safeColors[5]!, other: safeColors[0]! };

/** When what fell over, a lane for each workload. The list below says the same in words. */
export function IncidentLanes({ incidents, from, to }: Props) {
  const styles = useStyles2(getStyles);
  const format = to - from > 2 * dayMs ? 'D MMM' : 'HH:mm';
  return (
    <figure
      className={styles.figure}
      aria-label={t('healing.lanes', 'When what fell over; the list below says it in words')}
    >
      {lanes(incidents, from, to).map(({ name, bars }) => (
        <div key={name} className={styles.lane} aria-hidden>
          <span className={styles.name} title={name}>
            {name}
          </span>
          <div className={styles.track}>
            {bars.map((bar) => (
              <Bar key={bar.id} bar={bar} />
            ))}
          </div>
        </div>
      ))}
      <div className={styles.lane} aria-hidden>
        <span />
        <div className={styles.axis}>
          {ticks(from, to, 5).map((at) => (
            <span key={at}>{dateTimeFormat(at, { format })}</span>
          ))}
        </div>
      </div>
      <figcaption className={styles.legend}>
        <Key color={colors.healed} text={t('healing.legend-healed', 'healed')} />
        <Key color={colors.person} text={t('healing.legend-person', 'needs a person')} />
        <Key color={colors.other} text={t('healing.legend-other', 'observed, or under way')} />
        <span>◆ {t('healing.legend-act', 'something was done')}</span>
      </figcaption>
    </figure>
  );
}

function Bar({ bar: { incident, left, width, acts } }: { bar: LaneBar }) {
  const styles = useStyles2(getStyles);
  const { trouble, verdict, firstAt } = incident;
  const color = verdict === 'acted' ? colors.healed : needsPerson(incident) ? colors.person : colors.other;
  const percent = (part: number) => `${(part * 100).toFixed(3)}%`;
  return (
    <>
      <div
        className={styles.bar}
        style={{ left: percent(left), width: `max(4px, ${percent(width)})`, background: color }}
        title={`${moment(firstAt)}: ${troubleNames()[trouble]}, ${verdictNames()[verdict]}`}
      />
      {acts.map((at, index) => (
        <span key={index} className={styles.act} style={{ left: percent(at) }}>
          ◆
        </span>
      ))}
    </>
  );
}

function Key({ color, text }: { color: string; text: string }) {
  const styles = useStyles2(getStyles);
  return (
    <span>
      <span className={styles.key} style={{ background: color }} /> {text}
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  figure: css({
    margin: 0,
    padding: theme.spacing(2),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(0.5),
    minWidth: 0,
  }),
  lane: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(96px, 220px) 1fr',
    gap: theme.spacing(1),
    alignItems: 'center',
    // On a phone the name stands above its lane.
    [theme.breakpoints.down('sm')]: { gridTemplateColumns: '1fr', gap: 0 },
  }),
  name: css({ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
  track: css({ position: 'relative', height: 22, background: theme.colors.background.secondary, minWidth: 0 }),
  bar: css({ position: 'absolute', top: 4, height: 14, borderRadius: 2, transformOrigin: 'left' }),
  act: css({
    position: 'absolute',
    top: 0,
    lineHeight: '22px',
    transform: 'translateX(-50%)',
    color: theme.colors.text.maxContrast,
    pointerEvents: 'none',
    // Above the bars of later incidents.
    zIndex: 1,
  }),
  axis: css({
    display: 'flex',
    justifyContent: 'space-between',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  legend: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(2),
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  key: css({ display: 'inline-block', width: 12, height: 12, borderRadius: 2, verticalAlign: 'middle' }),
});
