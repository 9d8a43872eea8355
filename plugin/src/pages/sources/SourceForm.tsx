import { Alert, Button, Drawer, Field, InlineSwitch, Input, Stack, TextArea } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { Choice } from '../../components/Choice';
import { SaveForm } from '../../components/FormEnd';
import { FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { act, send } from '../../service/client';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';
import { readSettings, settingFields, settingTexts, type SettingField } from './setting-fields';

interface Connector {
  kind: string;
  title: string;
  endpoint: string;
  fetches: boolean;
  probes: boolean;
  settings: unknown;
}

interface Declared {
  kind: string;
  region: string;
  everyMinutes?: number;
  settings: Record<string, unknown>;
}

interface Probe {
  ok: boolean;
  message: string;
  help?: string;
}

interface Props {
  /** The source that is changed; absent: a new one. */
  name?: string;
  onClose: () => void;
  onSaved: (name: string) => void;
}

const names = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Declares a source; its settings are those that its connector names. Secrets are named here and kept elsewhere. */
export function SourceForm({ name: given, onClose, onSaved }: Props) {
  const connectors = useService<Connector[]>('/api/connectors');
  const declared = useService<Declared>(given === undefined ? undefined : `/api/sources/${encodeURIComponent(given)}`);
  const [name, setName] = useState(given ?? '');
  const [kind, setKind] = useState('');
  const [region, setRegion] = useState('default');
  const [minutes, setMinutes] = useState('60');
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [wrong, setWrong] = useState<string[]>([]);
  const [probe, setProbe] = useState<Probe | undefined>();
  const connector = connectors.data?.find((one) => one.kind === kind);
  const fields = settingFields(connector?.settings);

  useEffect(() => {
    const { data } = declared;
    if (!data || !connectors.data) return;
    const own = connectors.data.find((one) => one.kind === data.kind);
    setKind(data.kind);
    setRegion(data.region);
    setMinutes(String(data.everyMinutes ?? 60));
    setTexts(settingTexts(settingFields(own?.settings), data.settings));
  }, [declared.data, connectors.data]); // eslint-disable-line react-hooks/exhaustive-deps

  const path = `/api/sources/${encodeURIComponent(name.trim())}`;
  const save = useAction((body: object) => send('PUT', path, body));
  const test = useAction(async (body: object) => setProbe(await act<Probe>(`${path}/test`, body)));
  const said = (): { kind: string; region: string; settings: Record<string, unknown> } | undefined => {
    const read = readSettings(fields, texts);
    const missing = [...(names.test(name.trim()) ? [] : ['name']), ...(kind === '' ? ['kind'] : [])];
    setWrong([...missing, ...(read.ok ? [] : read.wrong)]);
    return read.ok && missing.length === 0 ? { kind, region, settings: read.settings } : undefined;
  };
  const submit = async () => {
    const body = said();
    if (body && (await save.run({ ...body, everyMinutes: Number(minutes) || 60 }))) onSaved(name.trim());
  };
  return (
    <Drawer title={given ?? t('sources.add', 'Add a source')} onClose={onClose} size="md">
      {connectors.failure && <FailureNote failure={connectors.failure} retry={connectors.reload} />}
      {!connectors.data && !connectors.failure && <Skeleton height={320} />}
      {connectors.data && (
        <SaveForm
          action={save}
          label={t('budget.save', 'Save')}
          disabled={test.busy}
          onSubmit={() => void submit()}
          onCancel={onClose}
          beside={
            connector?.probes && (
              <Button
                type="button"
                variant="secondary"
                disabled={save.busy || test.busy}
                onClick={() => {
                  const body = said();
                  if (body) void test.run(body);
                }}
              >
                {t('sources.test', 'Test')}
              </Button>
            )
          }
        >
          <Field
            label={t('sources.kind', 'Kind')}
            required
            invalid={wrong.includes('kind')}
            error={t('rule.missing', 'This is needed')}
          >
            <Choice
              name={t('sources.kind', 'Kind')}
              options={connectors.data
                .filter(({ fetches }) => fetches)
                .map((one) => ({ value: one.kind, label: one.title, description: one.kind }))}
              value={kind === '' ? null : kind}
              onChange={({ value }) => {
                setKind(value);
                setTexts({});
              }}
              disabled={given !== undefined}
            />
          </Field>
          <Field
            label={t('budget.field.name', 'Name')}
            description={t(
              'sources.name-help',
              'Letters, digits, dots and hyphens; what it sends stands under this name.',
            )}
            required
            invalid={wrong.includes('name')}
            error={t('sources.name-wrong', 'Letters, digits, dots, hyphens and underscores, at most 64')}
            htmlFor="amadeus-source-name"
          >
            <Input
              id="amadeus-source-name"
              value={name}
              disabled={given !== undefined}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          </Field>
          <Stack direction="row" gap={2} wrap="wrap">
            <Field label={t('price.region', 'Region')} htmlFor="amadeus-source-region">
              <Input
                id="amadeus-source-region"
                width={24}
                value={region}
                onChange={(event) => setRegion(event.currentTarget.value.trim())}
              />
            </Field>
            <Field label={t('sources.every', 'Look every (minutes)')} htmlFor="amadeus-source-minutes">
              <Input
                id="amadeus-source-minutes"
                type="number"
                width={16}
                value={minutes}
                onChange={(event) => setMinutes(event.currentTarget.value)}
              />
            </Field>
          </Stack>
          {fields.map((field) => (
            <Field
              key={field.name}
              label={field.name}
              description={field.description}
              required={field.required}
              invalid={wrong.includes(field.name)}
              error={
                field.shape === 'json'
                  ? t('sources.json', 'JSON is expected here')
                  : t('rule.missing', 'This is needed')
              }
              htmlFor={`amadeus-source-${field.name}`}
            >
              <SettingInput
                field={field}
                text={texts[field.name] ?? ''}
                onChange={(text) => setTexts((old) => ({ ...old, [field.name]: text }))}
              />
            </Field>
          ))}
          {probe && (
            <Alert severity={probe.ok ? 'success' : 'error'} title={probe.message}>
              {probe.help}
            </Alert>
          )}
          {test.failure && <FailureNote failure={test.failure} />}
        </SaveForm>
      )}
    </Drawer>
  );
}

interface InputProps {
  field: SettingField;
  text: string;
  onChange: (text: string) => void;
}

function SettingInput({ field: { name, shape, options, usual }, text, onChange }: InputProps) {
  const id = `amadeus-source-${name}`;
  if (shape === 'choice')
    return (
      <Choice
        id={id}
        name={name}
        options={options.map((value) => ({ value }))}
        value={text || usual || null}
        onChange={({ value }) => onChange(value)}
      />
    );
  if (shape === 'switch')
    return (
      <InlineSwitch
        id={id}
        value={(text || usual) === 'true'}
        onChange={(event) => onChange(String(event.currentTarget.checked))}
      />
    );
  if (shape === 'json')
    return (
      <TextArea
        id={id}
        rows={3}
        value={text}
        placeholder={usual || '{}'}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return <Input id={id} value={text} placeholder={usual} onChange={(event) => onChange(event.currentTarget.value)} />;
}
