import type { ImportReport } from '@amadeus/backend/prices/import-contract.ts';
import { Alert, Button, Drawer, Field, FileDropzone, Input, RadioButtonGroup, Stack } from '@grafana/ui';
import { useState } from 'react';
import { DataTable } from '../../components/DataTable';
import { FailureNote } from '../../components/States';
import { t } from '../../i18n';
import { act, queryString } from '../../service/client';
import { useAction } from '../../service/use-action';

interface Props {
  onClose: () => void;
  onDone: () => void;
}

/** Reads a price file: first what would change and what it does not price, then, if wanted, for good. */
export function PriceImport({ onClose, onDone }: Props) {
  const [format, setFormat] = useState<'litellm' | 'portkey'>('litellm');
  const [provider, setProvider] = useState('');
  const [file, setFile] = useState<unknown>();
  const [unreadable, setUnreadable] = useState(false);
  const [report, setReport] = useState<ImportReport | undefined>();
  const ask = useAction(async (content: unknown, preview: boolean) => {
    const answer = await act<ImportReport>(
      `/api/prices/import${queryString({ format, provider: format === 'portkey' ? provider.trim() : '', preview: String(preview) })}`,
      content,
    );
    if (preview) setReport(answer);
  });
  const take = async (dropped: File) => {
    setReport(undefined);
    setUnreadable(false);
    try {
      const content: unknown = JSON.parse(await dropped.text());
      setFile(content);
      await ask.run(content, true);
    } catch {
      setFile(undefined);
      setUnreadable(true);
    }
  };
  return (
    <Drawer title={t('price.import', 'Import a price file')} onClose={onClose} size="lg">
      <Field label={t('price.format', 'Format')}>
        <RadioButtonGroup
          aria-label={t('price.format', 'Format')}
          options={[
            { value: 'litellm' as const, label: 'LiteLLM' },
            { value: 'portkey' as const, label: 'Portkey' },
          ]}
          value={format}
          onChange={setFormat}
        />
      </Field>
      {format === 'portkey' && (
        <Field
          label={t('price.provider', 'Provider')}
          description={t('price.portkey-help', 'A file of Portkey holds one provider: whose is it, e.g. openai?')}
          htmlFor="amadeus-import-provider"
        >
          <Input
            id="amadeus-import-provider"
            width={30}
            value={provider}
            onChange={(event) => setProvider(event.currentTarget.value)}
          />
        </Field>
      )}
      <FileDropzone
        options={{ accept: '.json', multiple: false, onDrop: ([dropped]) => dropped && void take(dropped) }}
      />
      {unreadable && (
        <Alert severity="error" title={t('price.unreadable', 'This file is not JSON. Choose the price file itself.')} />
      )}
      {ask.failure && <FailureNote failure={ask.failure} what={t('price.import', 'Import a price file')} />}
      {report && (
        <Stack direction="column" gap={2}>
          <p>
            {t('price.would', '{{fresh}} new, {{changed}} changed, {{gone}} gone, {{same}} as they are.', {
              fresh: report.counts.new,
              changed: report.counts.changed,
              gone: report.counts.gone,
              same: report.counts.unchanged,
            })}
          </p>
          <Changed report={report} />
          <NotPriced report={report} />
          <Stack direction="row" gap={1}>
            <Button disabled={ask.busy} onClick={() => void ask.run(file, false).then((ok) => ok && onDone())}>
              {t('price.apply', 'Take these prices')}
            </Button>
            <Button variant="secondary" fill="outline" onClick={onClose}>
              {t('scope.cancel', 'Cancel')}
            </Button>
          </Stack>
        </Stack>
      )}
    </Drawer>
  );
}

function Changed({ report: { changed } }: { report: ImportReport }) {
  if (changed.length === 0) return null;
  return (
    <DataTable
      name={t('price.changed', 'Prices that change')}
      columns={[
        { id: 'item', header: t('price.item', 'Model or machine'), value: ({ item }) => item },
        { id: 'before', header: t('price.before', 'Now'), value: ({ before }) => before },
        { id: 'price', header: t('price.after', 'From then on'), value: ({ price }) => price },
      ]}
      rows={changed}
      rowKey={({ id }) => id}
      empty=""
    />
  );
}

/** Nothing that the file holds is passed over in silence. */
function NotPriced({ report: { notPriced } }: { report: ImportReport }) {
  return (
    <DataTable
      name={t('price.not-priced', 'Fields of the file that make no price')}
      columns={[
        { id: 'field', header: t('price.field', 'Field'), value: ({ field }) => field },
        { id: 'models', header: t('price.models', 'Models'), value: ({ models }) => models, align: 'right' },
        { id: 'reason', header: t('price.why', 'Why'), value: ({ reason }) => reason },
        {
          id: 'known',
          header: t('price.look', 'Look at it'),
          value: ({ known }) => (known ? '' : t('price.yes', 'yes')),
        },
      ]}
      rows={notPriced}
      rowKey={({ field }) => field}
      empty={t('price.all-priced', 'Every field makes a price.')}
    />
  );
}
