import { css, keyframes } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '../i18n';
import { Alert, Button, ClipboardButton, EmptyState, LinkButton, Stack, TextLink, useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import { CONFIG_URL, NEW_DATASOURCE_URL } from '../constants';
import { mayInGrafana } from '../panels/panel-links';
import type { ServiceFailure } from '../service/failure';

/** Stands where something will be, at the size it will have, so that nothing jumps. */
export function Skeleton({ height }: { height: number }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.skeleton} style={{ height }} role="status" aria-label={t('state.loading', 'Loading')} />
  );
}

/** What failed and what to do about it; `retry` asks again. */
export function FailureNote({ failure, what, retry }: { failure: ServiceFailure; what?: string; retry?: () => void }) {
  const { title, body, action } = explain(failure, what);
  return (
    <Alert severity={failure.kind === 'no-permission' ? 'info' : 'error'} title={title}>
      <Stack direction="column" gap={1} alignItems="flex-start">
        <span>{body}</span>
        <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
          {action}
          {retry && (
            <Button size="sm" variant="secondary" icon="sync" onClick={retry}>
              {t('state.retry', 'Try again')}
            </Button>
          )}
          {failure.traceId && (
            <ClipboardButton size="sm" variant="secondary" icon="copy" getText={() => failure.traceId!}>
              {t('state.trace', 'Copy trace id {{id}}', { id: failure.traceId })}
            </ClipboardButton>
          )}
        </Stack>
      </Stack>
    </Alert>
  );
}

interface Explanation {
  title: string;
  body: ReactNode;
  action?: ReactNode;
}

function explain(failure: ServiceFailure, what: string | undefined): Explanation {
  const configure = mayInGrafana('plugins:write') && (
    <LinkButton size="sm" href={CONFIG_URL}>
      {t('state.configure', 'Open the configuration')}
    </LinkButton>
  );
  const told = [failure.detail, failure.help].filter(Boolean).join(' ');
  switch (failure.kind) {
    case 'not-configured':
    case 'service-down':
      return {
        title: t('state.down', 'The Amadeus service does not answer'),
        body: t(
          'state.down-help',
          'Grafana cannot reach it, so there is nothing new to show. Check that the service runs and that its URL in the configuration is right. Nothing is lost: it catches up when it is back.',
        ),
        action: configure,
      };
    case 'token-refused':
      return {
        title: t('state.token', 'The Amadeus service refused the token of this Grafana'),
        body: t('state.token-help', 'An administrator can enter a new service token in the configuration.'),
        action: configure,
      };
    case 'no-permission':
      return {
        title: what
          ? t('state.forbidden-what', 'You may not see {{what}}', { what })
          : t('state.forbidden', 'You may not see this'),
        body: `${told} ${t('state.forbidden-help', 'An administrator of Amadeus can give you a role that may.')}`.trim(),
      };
    case 'store-away':
      return {
        title: t('state.store', 'A store of the service is away'),
        body: told || t('state.store-help', 'The service recovers by itself when the store is back.'),
      };
    default:
      return {
        title: what
          ? t('state.failed-what', '{{what}} could not be loaded', { what })
          : (failure.title ?? t('state.failed', 'This could not be loaded')),
        body:
          told ||
          failure.title ||
          t('state.failed-help', 'Try again; if it persists, give the trace id to your administrator.'),
      };
  }
}

/** The app has no service yet: what it is for, and the one thing to do. */
export function FirstRun() {
  return (
    <EmptyState
      variant="call-to-action"
      message={t('state.first', 'Amadeus is not connected yet')}
      button={<ConnectButton />}
    >
      {t(
        'state.first-help',
        'Amadeus shows what your AI infrastructure costs, what load is coming, and what to do about both. It needs the address of its service and a token.',
      )}
    </EmptyState>
  );
}

function ConnectButton() {
  return mayInGrafana('plugins:write') ? (
    <LinkButton href={CONFIG_URL} icon="cog">
      {t('state.connect', 'Connect the service')}
    </LinkButton>
  ) : (
    <span>{t('state.ask-admin', 'Ask an administrator of this Grafana to connect it.')}</span>
  );
}

/** No data source is configured, so charts cannot draw. */
export function NoDatasource() {
  return (
    <Alert severity="warning" title={t('state.no-datasource', 'Charts need the Amadeus data source')}>
      {mayInGrafana('datasources:create') ? (
        <TextLink href={NEW_DATASOURCE_URL}>{t('state.add-datasource', 'Add the Amadeus data source')}</TextLink>
      ) : (
        t(
          'state.ask-datasource',
          'Ask an administrator of this Grafana to add it. The numbers and tables below stand without it.',
        )
      )}
    </Alert>
  );
}

/** Nothing to show, why, and what to do next. */
export function Empty({ message, children }: { message: string; children?: ReactNode }) {
  return (
    <EmptyState variant="not-found" message={message} hideImage>
      {children}
    </EmptyState>
  );
}

const pulse = keyframes({ from: { opacity: 1 }, to: { opacity: 0.5 } });

const getStyles = (theme: GrafanaTheme2) => ({
  skeleton: css({
    width: '100%',
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
    [theme.transitions.handleMotion('no-preference')]: { animation: `${pulse} 1s ease-in-out infinite alternate` },
  }),
});
