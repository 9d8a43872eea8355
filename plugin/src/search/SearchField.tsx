import { css } from '@emotion/css';
import type { SearchAnswer } from '@amadeus/backend/search/contract.ts';
import type { GrafanaTheme2 } from '@grafana/data';
import { locationService } from '@grafana/runtime';
import { Icon, Input, useStyles2 } from '@grafana/ui';
import { useId, useRef, useState, type KeyboardEvent } from 'react';
import { pageAddress } from '../app/page-address';
import { t } from '../i18n';
import { useService } from '../service/use-service';
import { SearchResults } from './SearchResults';
import { useDebounced } from './use-debounced';
import { useSlashKey } from './use-slash-key';

const pauseMs = 180;
const mostResults = 20;

/** Finds teams, models, customers, resources and whatever else has a name, and goes there. */
export function SearchField() {
  const styles = useStyles2(getStyles);
  const listId = useId();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const wanted = useDebounced(text.trim(), pauseMs);
  const { data, failure, loading } = useService<SearchAnswer>(wanted === '' ? undefined : '/api/search', {
    q: wanted,
    limit: mostResults,
  });
  useSlashKey(field);
  const results = data?.results ?? [];
  const shown = open && text.trim() !== '';
  const chosen = Math.min(active, results.length - 1);
  // Enter before the answer is there must not open what an earlier text found.
  const settled = wanted === text.trim() && !loading;

  const close = () => {
    setOpen(false);
    setActive(0);
  };
  const go = (index: number) => {
    const found = results[index];
    if (found === undefined) return;
    close();
    setText('');
    field.current?.blur();
    locationService.push(pageAddress(found.link.page, found.link.params));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    // While a syllable is put together, keys belong to the input method.
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') {
      if (shown) close();
      else setText('');
      return;
    }
    if (event.key === 'Enter' && shown && settled) return go(chosen);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || results.length === 0) return;
    event.preventDefault();
    if (shown) setActive((chosen + step + results.length) % results.length);
    setOpen(true);
  };

  return (
    <div
      className={styles.search}
      onBlur={({ currentTarget, relatedTarget }) => !currentTarget.contains(relatedTarget) && close()}
    >
      <Input
        ref={field}
        type="text"
        role="combobox"
        aria-label={t('search.label', 'Search everything')}
        aria-expanded={shown}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={shown && results.length > 0 ? `${listId}-${chosen}` : undefined}
        aria-keyshortcuts="/"
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        placeholder={t('search.hint', 'Team, model, customer, resource …')}
        prefix={<Icon name="search" />}
        suffix={
          <kbd className={styles.key} aria-hidden>
            /
          </kbd>
        }
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setOpen(true);
          setActive(0);
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={onKeyDown}
      />
      <span className={styles.said} role="status">
        {shown && settled && data !== undefined ? t('search.count', '{{count}} found', { count: results.length }) : ''}
      </span>
      {shown && (
        <SearchResults
          id={listId}
          answer={data}
          failure={failure}
          query={text.trim()}
          settled={settled}
          active={chosen}
          onHover={setActive}
          onGo={go}
        />
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  search: css({
    position: 'relative',
    width: 'min(340px, calc(100vw - 32px))',
    flexShrink: 0,
  }),
  key: css({
    padding: theme.spacing(0, 0.75),
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
    background: theme.colors.background.secondary,
    border: `1px solid ${theme.colors.border.weak}`,
    boxShadow: 'none',
    '@media (hover: none)': { display: 'none' },
  }),
  said: css({ position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' }),
});
