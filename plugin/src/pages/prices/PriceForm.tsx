import type { PriceDetail } from '@amadeus/backend/prices/contract.ts';
import { Drawer, Field, Input, Stack, TextArea } from '@grafana/ui';
import { useState } from 'react';
import { Choice } from '../../components/Choice';
import { SaveForm } from '../../components/FormEnd';
import { ReasonField } from '../../components/ReasonField';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAction } from '../../service/use-action';
import { newPrice, priceDraft, priceProblems, superseded, type PriceDraft } from './price-draft';
import { kindOptions } from './price-kinds';

interface Props {
  /** The price whose next version is written; absent: a new one. */
  of: PriceDetail | undefined;
  onClose: () => void;
  onSaved: () => void;
}

/** Writes a price, or the next version of one; what was priced before keeps its price. */
export function PriceForm({ of, onClose, onSaved }: Props) {
  const [draft, setDraft] = useState(() => priceDraft(of));
  const [tried, setTried] = useState(false);
  const problems = tried ? priceProblems(draft, of !== undefined) : {};
  const set = (part: Partial<PriceDraft>) => setDraft((old) => ({ ...old, ...part }));
  const save = useAction(() =>
    of === undefined
      ? act('/api/prices', newPrice(draft, undefined))
      : act(`/api/prices/${of.id}/supersede`, superseded(draft, of)),
  );
  const submit = async () => {
    setTried(true);
    if (Object.keys(priceProblems(draft, of !== undefined)).length > 0) return;
    if (await save.run()) onSaved();
  };
  const text = (name: keyof PriceDraft, label: string, more: { description?: string; width?: number } = {}) => (
    <Field label={label} description={more.description} htmlFor={`amadeus-price-${name}`}>
      <Input
        id={`amadeus-price-${name}`}
        width={more.width ?? 24}
        value={draft[name]}
        onChange={(event) => set({ [name]: event.currentTarget.value })}
      />
    </Field>
  );
  return (
    <Drawer
      title={
        of ? t('price.supersede-title', 'New version of {{name}}', { name: of.item }) : t('price.new', 'New price')
      }
      onClose={onClose}
      size="md"
    >
      <SaveForm action={save} label={t('budget.save', 'Save')} onSubmit={() => void submit()} onCancel={onClose}>
        {!of && (
          <Stack direction="row" gap={2} wrap="wrap">
            <Field label={t('price.kind', 'Kind')}>
              <Choice
                name={t('price.kind', 'Kind')}
                width={24}
                options={kindOptions() as Array<{ value: PriceDraft['kind']; label: string }>}
                value={draft.kind}
                onChange={({ value }) => set({ kind: value })}
              />
            </Field>
            {text('provider', t('price.provider', 'Provider'), {
              description: t('price.provider-help', 'Empty: on premises'),
            })}
            <Field
              label={t('price.item', 'Model or machine')}
              required
              invalid={problems.item === true}
              error={t('price.problem.item', 'Name what is priced')}
              htmlFor="amadeus-price-item"
            >
              <Input
                id="amadeus-price-item"
                width={30}
                value={draft.item}
                onChange={(event) => set({ item: event.currentTarget.value })}
              />
            </Field>
          </Stack>
        )}
        <Field
          label={draft.kind === 'llm' ? t('price.per-million', 'Per million tokens') : t('price.per-unit', 'Per unit')}
          required
          invalid={problems.amount === true || problems.currency === true}
          error={t('price.problem.amount', 'Amounts like 2.50, and a currency of three letters')}
        >
          <Stack direction="row" gap={2} wrap="wrap">
            {draft.kind === 'llm' ? (
              <>
                {text('input', t('price.input', 'Input'), { width: 14 })}
                {text('cached', t('price.cached', 'Cached input'), { width: 14 })}
                {text('output', t('price.output', 'Output'), { width: 14 })}
              </>
            ) : (
              <>
                {text('unitPrice', t('price.summary', 'Price'), { width: 14 })}
                {text('unit', t('price.unit', 'Unit'), { width: 18 })}
              </>
            )}
            {text('currency', t('scope.currency', 'Currency'), { width: 10 })}
          </Stack>
        </Field>
        <Field
          label={t('price.from', 'Since')}
          description={t(
            'price.from-help',
            'Day (UTC), e.g. 2026-12-01. Empty: from now on, and a new price since always.',
          )}
          invalid={problems.from === true}
          error={t('price.problem.from', 'A day like 2026-12-01')}
          htmlFor="amadeus-price-from"
        >
          <Input
            id="amadeus-price-from"
            width={24}
            value={draft.from}
            onChange={(event) => set({ from: event.currentTarget.value.trim() })}
          />
        </Field>
        {of && (
          <ReasonField
            id="amadeus-price-reason"
            value={draft.reason}
            isMissing={problems.reason === true}
            onChange={(reason) => set({ reason })}
          />
        )}
        <Field label={t('price.note', 'Where the figure is from')} htmlFor="amadeus-price-note">
          <TextArea
            id="amadeus-price-note"
            rows={2}
            value={draft.note}
            onChange={(event) => set({ note: event.currentTarget.value })}
          />
        </Field>
      </SaveForm>
    </Drawer>
  );
}
