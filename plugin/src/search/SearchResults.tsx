import { css, cx } from '@emotion/css';
import type { Found, SearchAnswer } from '@amadeus/backend/search/contract.ts';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2, type IconName } from '@grafana/ui';
import { useEffect, useRef } from 'react';
import { pageHref } from '../app/page-address';
import { t } from '../i18n';
import type { ServiceFailure } from '../service/failure';
import { piecesOf, spendText, typeName } from './found-words';

interface Props {
  id: string;
  answer: SearchAnswer | undefined;
  failure: ServiceFailure | undefined;
  query: string;
  /** The answer is that to what stands in the field. */
  settled: boolean;
  active: number;
  onHover: (index: number) => void;
  onGo: (index: number) => void;
}

const icons: Record<Found['type'], IconName> = {
  team: 'users-alt',
  product: 'cube',
  customer: 'user',
  feature: 'star',
  model: 'ai',
  service: 'cloud',
  account: 'credit-card',
  provider: 'building',
  budget: 'calculator-alt',
  view: 'bookmark',
  source: 'database',
  workload: 'heart-rate',
  resource: 'layer-group',
};

/** What was found, below the field. */
export function SearchResults({ id, answer, failure, query, settled, active, onHover, onGo }: Props) {
  const styles = useStyles2(getStyles);
  const results = answer?.results ?? [];
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView?.({ block: 'nearest' });
  }, [active]);
  return (
    <div className={styles.popup} ref={box}>
      <div id={id} role="listbox" aria-label={t('search.results', 'Found')}>
        {results.map((found, index) => (
          <a
            key={`${found.type}-${found.id}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            tabIndex={-1}
            href={pageHref(found.link.page, found.link.params)}
            className={cx(styles.found, index === active && styles.active)}
            onMouseMove={() => index !== active && onHover(index)}
            // The field keeps the focus, so that it does not close before the click arrives.
            onMouseDown={(event) => event.preventDefault()}
            onClick={(event) => {
              // A click that asks for another tab is the browser's.
              if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
              event.preventDefault();
              onGo(index);
            }}
          >
            <Icon name={icons[found.type]} className={styles.icon} />
            <FoundText found={found} />
          </a>
        ))}
      </div>
      <Foot {...{ answer, failure, query, settled }} />
    </div>
  );
}

function FoundText({ found }: { found: Found }) {
  const styles = useStyles2(getStyles);
  const { name, type, detail, match } = found;
  const spend = spendText(found);
  return (
    <span className={styles.text}>
      <span className={styles.line}>
        <span className={styles.name}>
          {match.field === 'name' ? <Marked text={match.text} marks={match.marks} /> : name}
        </span>
        {spend !== undefined && <span className={styles.spend}>{spend}</span>}
      </span>
      <span className={styles.about}>
        {typeName(type)}
        {detail !== undefined && ` · ${detail}`}
        {match.field === 'id' && (
          <>
            {' · '}
            <Marked text={match.text} marks={match.marks} />
          </>
        )}
      </span>
    </span>
  );
}

function Marked({ text, marks }: { text: string; marks: readonly number[][] }) {
  const { mark } = useStyles2(getStyles);
  return (
    <>
      {piecesOf(text, marks).map((piece, index) =>
        piece.marked ? (
          <mark key={index} className={mark}>
            {piece.text}
          </mark>
        ) : (
          <span key={index}>{piece.text}</span>
        ),
      )}
    </>
  );
}

/** What there is to say beside the finds: none, more, what is missing, or why there is no answer. */
function Foot({ answer, failure, query, settled }: Pick<Props, 'answer' | 'failure' | 'query' | 'settled'>) {
  const styles = useStyles2(getStyles);
  const said: string[] = [];
  if (failure && settled)
    said.push(
      [t('search.failed', 'The search does not answer.'), failure.detail, failure.help].filter(Boolean).join(' '),
    );
  else if (!settled && !answer?.results.length) said.push(t('search.loading', 'Searching …'));
  else if (settled && answer?.results.length === 0)
    said.push(
      t('search.none', 'Nothing that you may see is called “{{query}}”. Try a part of the name, or its id.', { query }),
    );
  if (settled && answer?.more) said.push(t('search.more', 'There are more; type more of the name.'));
  said.push(...(answer?.notices ?? []).map(({ text }) => text));
  return said.length === 0 ? null : (
    <div className={styles.foot}>
      {said.map((text) => (
        <div key={text}>{text}</div>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  popup: css({
    position: 'absolute',
    top: '100%',
    right: 0,
    marginTop: theme.spacing(0.5),
    zIndex: theme.zIndex.dropdown,
    width: 'min(560px, calc(100vw - 32px))',
    // Where there is no room for both at one height, the field begins at the left edge.
    [theme.breakpoints.down('md')]: { right: 'auto', left: 0 },
    maxHeight: 'min(70vh, 520px)',
    overflowY: 'auto',
    background: theme.colors.background.elevated ?? theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    boxShadow: theme.shadows.z3,
  }),
  found: css({
    display: 'flex',
    gap: theme.spacing(1),
    alignItems: 'flex-start',
    padding: theme.spacing(0.75, 1.5),
    color: theme.colors.text.primary,
  }),
  // On its background the secondary colour is too faint to read.
  active: css({ background: theme.colors.action.selected, '&& *': { color: theme.colors.text.maxContrast } }),
  icon: css({ marginTop: 3, color: theme.colors.text.secondary, flexShrink: 0 }),
  text: css({ minWidth: 0, flexGrow: 1 }),
  line: css({ display: 'flex', justifyContent: 'space-between', gap: theme.spacing(2) }),
  name: css({ overflowWrap: 'anywhere', minWidth: 0 }),
  spend: css({
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    fontVariantNumeric: 'tabular-nums',
    textAlign: 'right',
    flexShrink: 0,
    maxWidth: '55%',
  }),
  about: css({
    display: 'block',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    overflowWrap: 'anywhere',
  }),
  mark: css({
    padding: 0,
    background: 'transparent',
    color: 'inherit',
    fontWeight: theme.typography.fontWeightBold,
    textDecoration: 'underline',
    textDecorationColor: theme.colors.primary.text,
    textUnderlineOffset: 2,
  }),
  foot: css({
    padding: theme.spacing(1, 1.5),
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    '&:not(:first-child)': { borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
});
