import { Field, TextArea } from '@grafana/ui';
import { t } from '../i18n';

interface Props {
  id: string;
  value: string;
  /** It was tried without one. */
  isMissing: boolean;
  onChange: (reason: string) => void;
  /** What it is for, where it is more than the audit log. */
  help?: string;
  /** Without room below it, inside a stack that gives it. */
  noMargin?: boolean;
}

/** Why a person does something; it stands in the audit log. */
export function ReasonField({ id, value, isMissing, onChange, help, noMargin = false }: Props) {
  return (
    <Field
      label={t('reason.label', 'Reason')}
      description={help ?? t('reason.help', 'Stands in the audit log, for those who ask later.')}
      invalid={isMissing && value.trim() === ''}
      error={t('reason.missing', 'Say why first')}
      htmlFor={id}
      noMargin={noMargin}
    >
      <TextArea
        id={id}
        rows={2}
        maxLength={2000}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </Field>
  );
}
