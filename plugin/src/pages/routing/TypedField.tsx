import { Field, Input } from '@grafana/ui';
import { useId, useState } from 'react';

interface TypedProps {
  label: string;
  help?: string;
  value: string;
  onType: (text: string) => void;
  width?: number;
  inputMode?: 'decimal' | 'text';
}

/** A field that keeps what is typed, also where it means nothing yet. */
export function TypedField({ label, help, value, onType, width, inputMode = 'text' }: TypedProps) {
  const id = useId();
  const [text, setText] = useState(value);
  return (
    <Field label={label} {...(help ? { description: help } : {})} htmlFor={id}>
      <Input
        id={id}
        {...(width === undefined ? {} : { width })}
        inputMode={inputMode}
        maxLength={2000}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          onType(event.currentTarget.value);
        }}
      />
    </Field>
  );
}
