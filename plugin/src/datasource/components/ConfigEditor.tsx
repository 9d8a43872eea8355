import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { t } from '../../i18n';
import { Alert, Field, Input, SecretInput } from '@grafana/ui';
import type { AmadeusOptions, AmadeusSecureOptions } from '../types';

type Props = DataSourcePluginOptionsEditorProps<AmadeusOptions, AmadeusSecureOptions>;

/** Address and token of the service. "Save & test" below it asks the service and says what is wrong. */
export function ConfigEditor({ options, onOptionsChange }: Props) {
  const { jsonData, secureJsonData, secureJsonFields } = options;
  const url = jsonData.url ?? '';
  const wrong = url !== '' && !/^https?:\/\/[^/\s]+/.test(url);
  const set = (change: AmadeusOptions) => onOptionsChange({ ...options, jsonData: { ...jsonData, ...change } });
  const setToken = (token: string) => onOptionsChange({ ...options, secureJsonData: { ...secureJsonData, token } });
  const resetToken = () =>
    onOptionsChange({
      ...options,
      secureJsonFields: { ...secureJsonFields, token: false },
      secureJsonData: { ...secureJsonData, token: '' },
    });

  return (
    <>
      {url === '' && (
        <Alert severity="info" title={t('config.first.title', 'This data source asks the Amadeus service')}>
          {t(
            'config.first.body',
            'Enter where the service runs and a token for data sources, then press Save & test. Where "npm start" set up Grafana, both are filled in already.',
          )}
        </Alert>
      )}
      <Field
        noMargin={false}
        label={t('config.url.label', 'Service URL')}
        description={t('config.url.help', 'As the Grafana server reaches it, not as your browser does.')}
        required
        invalid={wrong}
        error={t('config.url.wrong', 'It starts with http:// or https://')}
        htmlFor="amadeus-url"
      >
        <Input
          id="amadeus-url"
          width={50}
          value={url}
          placeholder="http://localhost:4280"
          onChange={(event) => set({ url: event.currentTarget.value })}
        />
      </Field>
      <Field
        noMargin={false}
        label={t('config.token.label', 'Token')}
        description={t(
          'config.token.help',
          'A token that may only read. Alert rules and public dashboards use it without a person. It is stored encrypted and never sent to a browser.',
        )}
        htmlFor="amadeus-token"
      >
        <SecretInput
          id="amadeus-token"
          width={50}
          isConfigured={Boolean(secureJsonFields?.token)}
          value={secureJsonData?.token ?? ''}
          onChange={(event) => setToken(event.currentTarget.value)}
          onReset={resetToken}
        />
      </Field>
      <Field
        noMargin={false}
        label={t('config.timeout.label', 'Timeout in seconds')}
        description={t('config.timeout.help', 'A query that takes longer is given up. Empty means 30.')}
        htmlFor="amadeus-timeout"
      >
        <Input
          id="amadeus-timeout"
          width={12}
          type="number"
          min={1}
          max={300}
          value={jsonData.timeout ?? ''}
          onChange={(event) => {
            const seconds = event.currentTarget.valueAsNumber;
            set({ timeout: Number.isFinite(seconds) && seconds > 0 ? seconds : undefined });
          }}
        />
      </Field>
    </>
  );
}
