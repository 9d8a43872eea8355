import { Button, Modal, Stack } from '@grafana/ui';
import type { ReactNode } from 'react';
import { t } from '../i18n';
import type { ServiceFailure } from '../service/failure';
import { FailureNote } from './States';

interface Props {
  /** What is under way, and what came of it; absent where nothing is sent. */
  action?: { busy: boolean; failure: ServiceFailure | undefined } | undefined;
  /** Of the button that does it. */
  label: string;
  /** What failed, for the note; absent: the note speaks for itself. */
  what?: string | undefined;
  disabled?: boolean | undefined;
  /** What a press does; absent where the form around it is submitted. */
  onPress?: (() => void) | undefined;
  onCancel: () => void;
}

/** The end of a form in a drawer or a page: what went wrong, the button that does it, `children` beside it, Cancel. */
export function FormEnd({ children, ...end }: Props & { children?: ReactNode }) {
  return (
    <>
      <Failure {...end} />
      <Stack direction="row" gap={1}>
        <Do {...end} />
        {children}
        <Cancel {...end} />
      </Stack>
    </>
  );
}

/** The same at the foot of a dialogue, where Cancel stands first. */
export function DialogEnd(end: Props & { onPress: () => void }) {
  return (
    <>
      <Failure {...end} />
      <Modal.ButtonRow>
        <Cancel {...end} />
        <Do {...end} />
      </Modal.ButtonRow>
    </>
  );
}

/** A form that is sent by Enter as well as by its button. */
export function SaveForm({
  children,
  beside,
  onSubmit,
  ...end
}: Omit<Props, 'onPress'> & { children: ReactNode; beside?: ReactNode; onSubmit: () => void }) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      <FormEnd {...end}>{beside}</FormEnd>
    </form>
  );
}

function Failure({ action, what }: Pick<Props, 'action' | 'what'>) {
  return action?.failure ? <FailureNote failure={action.failure} {...(what === undefined ? {} : { what })} /> : null;
}

function Do({ action, label, disabled = false, onPress }: Props) {
  return (
    <Button
      type={onPress === undefined ? 'submit' : 'button'}
      disabled={action?.busy === true || disabled}
      icon={action?.busy ? 'spinner' : undefined}
      onClick={onPress}
    >
      {label}
    </Button>
  );
}

function Cancel({ onCancel }: Pick<Props, 'onCancel'>) {
  return (
    <Button type="button" variant="secondary" fill="outline" onClick={onCancel}>
      {t('scope.cancel', 'Cancel')}
    </Button>
  );
}
