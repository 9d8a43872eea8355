import { Button, Field, Input, Modal, Stack } from '@grafana/ui';
import { useState } from 'react';
import { DataTable } from '../../components/DataTable';
import { DialogEnd } from '../../components/FormEnd';
import { FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';

interface NewestRate {
  from: string;
  to: string;
  rate: string;
  day: string;
  source: string;
  days: number;
}

/** The newest rate of each pair of currencies, with its day and where it is from. */
export function CurrencyRates({ mayWrite }: { mayWrite: boolean }) {
  const title = t('rates.title', 'Currency rates');
  const { data, failure, reload } = useService<NewestRate[]>('/api/prices/currency-rates');
  const [adding, setAdding] = useState(false);
  return (
    <Part
      title={title}
      aside={
        mayWrite && (
          <Button size="sm" variant="secondary" icon="plus" onClick={() => setAdding(true)}>
            {t('rates.add', 'Add a rate')}
          </Button>
        )
      }
    >
      {failure && <FailureNote failure={failure} what={title} retry={reload} />}
      {!data && !failure && <Skeleton height={120} />}
      {data && (
        <DataTable
          name={title}
          columns={[
            { id: 'pair', header: t('rates.pair', 'One'), value: ({ from }) => from },
            { id: 'rate', header: t('rates.is', 'is'), value: ({ rate, to }) => `${rate} ${to}`, align: 'right' },
            { id: 'day', header: t('rates.day', 'Newest day'), value: ({ day }) => day },
            { id: 'days', header: t('rates.days', 'Days known'), value: ({ days }) => days, align: 'right' },
            { id: 'source', header: t('price.origin', 'From'), value: ({ source }) => source },
          ]}
          rows={data}
          rowKey={({ from, to }) => `${from}${to}`}
          empty={t(
            'rates.none',
            'No rate is known: reports are in the currency of the bills. Add one, or import the reference rates of the ECB.',
          )}
        />
      )}
      {adding && (
        <RateForm
          onClose={() => setAdding(false)}
          onSaved={() => {
            setAdding(false);
            reload();
          }}
        />
      )}
    </Part>
  );
}

function RateForm({ onClose, onSaved }: { onClose: () => void; onSaved: () => void }) {
  const [rate, setRate] = useState({
    from: 'USD',
    to: 'KRW',
    day: new Date().toISOString().slice(0, 10),
    rate: '',
    source: '',
  });
  const [tried, setTried] = useState(false);
  const right =
    /^[A-Z]{3}$/.test(rate.from) &&
    /^[A-Z]{3}$/.test(rate.to) &&
    /^\d{4}-\d{2}-\d{2}$/.test(rate.day) &&
    /^\d{1,12}(\.\d{1,18})?$/.test(rate.rate) &&
    Number(rate.rate) > 0;
  const save = useAction(() => {
    const { source, ...said } = rate;
    return act('/api/prices/currency-rates', {
      rates: [{ ...said, ...(source.trim() === '' ? {} : { source: source.trim() }) }],
    });
  });
  const field = (name: keyof typeof rate, label: string, width: number) => (
    <Field label={label} htmlFor={`amadeus-rate-${name}`}>
      <Input
        id={`amadeus-rate-${name}`}
        width={width}
        value={rate[name]}
        onChange={(event) => setRate({ ...rate, [name]: event.currentTarget.value })}
      />
    </Field>
  );
  const submit = async () => {
    setTried(true);
    if (right && (await save.run())) onSaved();
  };
  return (
    <Modal title={t('rates.add', 'Add a rate')} isOpen onDismiss={onClose}>
      <Field
        invalid={tried && !right}
        error={t('rates.problem', 'Two currencies of three letters, a day like 2026-11-20, and a number above 0')}
      >
        <Stack direction="row" gap={2} wrap="wrap">
          {field('from', t('rates.pair', 'One'), 10)}
          {field('rate', t('rates.is', 'is'), 18)}
          {field('to', t('rates.to', 'of'), 10)}
          {field('day', t('rates.on', 'on'), 16)}
        </Stack>
      </Field>
      {field('source', t('price.note', 'Where the figure is from'), 40)}
      <DialogEnd action={save} label={t('budget.save', 'Save')} onCancel={onClose} onPress={() => void submit()} />
    </Modal>
  );
}
