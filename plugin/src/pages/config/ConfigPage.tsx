import type { AppPluginMeta, PluginConfigPageProps } from '@grafana/data';
import { t } from '../../i18n';
import { locationService } from '@grafana/runtime';
import { Alert, Button, Field, Input, SecretInput, Stack, TextLink } from '@grafana/ui';
import { useState, type FormEvent } from 'react';
import type { AppSettings } from '../../app/app-settings';
import { pageUrls } from '../../constants';
import { toFailure } from '../../service/failure';
import { CheckResult } from './CheckResult';
import { checkConnection, type Check } from './check-connection';
import { saveSettings } from './save-settings';

export type ConfigPageMeta = AppPluginMeta<AppSettings>;

/** Address and token of the service, and a test that says what is wrong. */
export function ConfigPage({ plugin }: PluginConfigPageProps<ConfigPageMeta>) {
  const { jsonData, secureJsonFields, enabled, pinned } = plugin.meta;
  const [url, setUrl] = useState(jsonData?.serviceUrl ?? '');
  const [token, setToken] = useState('');
  const [tokenKept, setTokenKept] = useState(Boolean(secureJsonFields?.serviceToken));
  const [checks, setChecks] = useState<Check[] | undefined>();
  const [busy, setBusy] = useState(false);
  const [saveError, setSaveError] = useState<string | undefined>();
  const wrong = url !== '' && !/^https?:\/\/[^/\s]+/.test(url);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setChecks(undefined);
    setSaveError(undefined);
    try {
      await saveSettings(plugin.meta.id, {
        pinned: enabled ? (pinned ?? true) : true,
        serviceUrl: url.trim().replace(/\/+$/, ''),
        ...(tokenKept ? {} : { serviceToken: token.trim() }),
      });
      if (token !== '') {
        setTokenKept(true);
        setToken('');
      }
      setChecks(await checkConnection());
      // The side menu of an app that has just been switched on appears with the next load of the page.
      if (!enabled) locationService.reload();
    } catch (error) {
      setSaveError(
        toFailure(error).detail ??
          t('config.app.not-saved', 'Grafana did not save it. Only an administrator of the organisation can.'),
      );
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)}>
      {!jsonData?.serviceUrl && (
        <Alert severity="info" title={t('config.app.first', 'Two things connect Amadeus')}>
          {t(
            'config.app.first-help',
            'Where its service runs, as this Grafana server reaches it, and a service token. "npm start" prints both.',
          )}
        </Alert>
      )}
      <Field
        noMargin={false}
        label={t('config.app.url', 'Service URL')}
        description={t('config.app.url-help', 'As the Grafana server reaches it, for example http://localhost:4280')}
        required
        invalid={wrong}
        error={t('config.app.url-wrong', 'It starts with http:// or https://')}
        htmlFor="amadeus-service-url"
      >
        <Input
          id="amadeus-service-url"
          width={50}
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          placeholder="http://localhost:4280"
        />
      </Field>
      <Field
        noMargin={false}
        label={t('config.app.token', 'Service token')}
        description={t(
          'config.app.token-help',
          'Grafana adds it to each request, together with who is signed in. It is stored encrypted and never sent to a browser.',
        )}
        htmlFor="amadeus-service-token"
      >
        <SecretInput
          id="amadeus-service-token"
          width={50}
          isConfigured={tokenKept}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          onReset={() => setTokenKept(false)}
        />
      </Field>
      <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
        <Button type="submit" disabled={busy || wrong || url.trim() === ''} icon={busy ? 'spinner' : undefined}>
          {t('config.app.save', 'Save & test')}
        </Button>
        {checks?.every(({ ok }) => ok) && (
          <TextLink href={pageUrls.overview}>{t('config.app.go', 'Open the overview')}</TextLink>
        )}
      </Stack>
      <div aria-live="polite">
        {saveError && <Alert severity="error" title={saveError} />}
        {checks && <CheckResult checks={checks} />}
      </div>
    </form>
  );
}
