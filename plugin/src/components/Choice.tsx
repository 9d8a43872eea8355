import { css } from '@emotion/css';
import { Combobox, MultiCombobox } from '@grafana/ui';
import { useId, type ComponentProps } from 'react';

type Named<P> = P & {
  /** What a screen reader calls it; Grafana's comboboxes take no label of their own. */
  name: string;
};

const hidden = css({ position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' });

/** One of several, by type-ahead. */
export function Choice<T extends string | number = string>({
  name,
  ...props
}: Named<ComponentProps<typeof Combobox<T>>>) {
  const id = useId();
  return (
    <>
      <span id={id} className={hidden}>
        {name}
      </span>
      <Combobox<T> {...props} aria-labelledby={id} />
    </>
  );
}

/** Some of several, by type-ahead. */
export function Choices<T extends string | number = string>({
  name,
  ...props
}: Named<ComponentProps<typeof MultiCombobox<T>>>) {
  const id = useId();
  return (
    <>
      <span id={id} className={hidden}>
        {name}
      </span>
      <MultiCombobox<T> {...props} aria-labelledby={id} />
    </>
  );
}
