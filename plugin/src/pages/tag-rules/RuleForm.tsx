import { Combobox, Drawer, Field, InlineSwitch, Input, TextArea } from '@grafana/ui';
import { useState } from 'react';
import { SaveForm } from '../../components/FormEnd';
import { t } from '../../i18n';
import {
  fieldsOf,
  missingFields,
  ruleOf,
  textsOf,
  whenParts,
  type Rule,
  type RuleField,
  type RuleKind,
  type RuleTexts,
} from './rule-fields';
import { fieldHelp, fieldName, kindName } from './rule-words';

interface Props {
  kind: RuleKind;
  /** Absent: a new one. */
  rule: Rule | undefined;
  onClose: () => void;
  onDone: (rule: Rule) => void;
}

/** One rule as a form. It changes the draft only; nothing is saved here. */
export function RuleForm({ kind, rule, onClose, onDone }: Props) {
  const [texts, setTexts] = useState(() => textsOf(kind, rule));
  const [tried, setTried] = useState(false);
  const missing = tried ? missingFields(kind, texts) : [];
  const set = (name: string, text: string) => setTexts((old) => ({ ...old, [name]: text }));
  const submit = () => {
    setTried(true);
    if (missingFields(kind, texts).length === 0) onDone(ruleOf(kind, texts));
  };
  return (
    <Drawer title={kindName(kind)} onClose={onClose} size="md">
      <SaveForm label={t('rule.take', 'Take over into the draft')} onSubmit={submit} onCancel={onClose}>
        {fieldsOf[kind].map((field) =>
          field.shape === 'when' ? (
            <WhenFields key="when" texts={texts} set={set} />
          ) : (
            <Field
              key={field.name}
              label={fieldName(field.name)}
              description={fieldHelp(kind, field.name)}
              required={field.required === true}
              invalid={missing.includes(field.name)}
              error={t('rule.missing', 'This is needed')}
              htmlFor={`amadeus-rule-${field.name}`}
            >
              <RuleInput field={field} texts={texts} set={set} />
            </Field>
          ),
        )}
      </SaveForm>
    </Drawer>
  );
}

interface InputProps {
  field: RuleField;
  texts: RuleTexts;
  set: (name: string, text: string) => void;
}

function RuleInput({ field: { name, shape, options }, texts, set }: InputProps) {
  const id = `amadeus-rule-${name}`;
  const value = texts[name] ?? '';
  if (shape === 'switch')
    return (
      <InlineSwitch
        id={id}
        value={value === 'yes'}
        onChange={(event) => set(name, event.currentTarget.checked ? 'yes' : '')}
      />
    );
  if (shape === 'choice')
    return (
      <Combobox
        id={id}
        width={30}
        options={(options ?? []).map((option) => ({ value: option, label: fieldName(option) }))}
        value={value === '' ? null : value}
        onChange={(option) => set(name, option.value)}
      />
    );
  if (shape === 'pairs')
    return (
      <TextArea
        id={id}
        rows={3}
        placeholder={t('rule.pairs', 'name = value, one a line')}
        value={value}
        onChange={(event) => set(name, event.currentTarget.value)}
      />
    );
  return (
    <Input
      id={id}
      value={value}
      placeholder={
        shape === 'day' ? '2026-12-31' : shape === 'list' ? t('rule.list', 'separated by commas') : undefined
      }
      onChange={(event) => set(name, event.currentTarget.value)}
    />
  );
}

function WhenFields({ texts, set }: Omit<InputProps, 'field'>) {
  return (
    <fieldset>
      <legend>{t('rule.when', 'Only for lines with')}</legend>
      {whenParts.map((part) => (
        <Field key={part} label={fieldName(part)} htmlFor={`amadeus-rule-when.${part}`}>
          <RuleInput field={{ name: `when.${part}`, shape: 'list' }} texts={texts} set={set} />
        </Field>
      ))}
      <Field label={fieldName('tags')} htmlFor="amadeus-rule-when.tags">
        <RuleInput field={{ name: 'when.tags', shape: 'pairs' }} texts={texts} set={set} />
      </Field>
    </fieldset>
  );
}
