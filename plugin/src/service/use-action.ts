import { useCallback, useState } from 'react';
import { toFailure, type ServiceFailure } from './failure';

export interface Action<A extends unknown[]> {
  /** Runs it; resolves `true` where it succeeded. */
  run: (...args: A) => Promise<boolean>;
  busy: boolean;
  failure: ServiceFailure | undefined;
  clear: () => void;
}

/** Something that a person does, with what came of it: while it runs nothing else should be pressed. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Action<A> {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ServiceFailure | undefined>();
  const run = async (...args: A): Promise<boolean> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await work(...args);
      return true;
    } catch (error) {
      setFailure(toFailure(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, failure, clear: useCallback(() => setFailure(undefined), []) };
}
