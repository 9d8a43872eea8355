import { useCallback, useRef, useState } from 'react';
import { toFailure, type ServiceFailure } from './failure';

export interface Asked<T> {
  data?: T;
  failure?: ServiceFailure;
  loading: boolean;
  /** Asks; an answer that comes after a later question is dropped. What is shown stays until then. */
  ask: (question: () => Promise<T>) => void;
}

/** The answer to a question that is too long for an address, such as the preview of a draft. */
export function useAsked<T>(): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, 'ask'>>({ loading: false });
  const latest = useRef(0);
  const ask = useCallback((question: () => Promise<T>) => {
    const number = ++latest.current;
    setState((old) => ({ ...old, loading: true }));
    question().then(
      (data) => number === latest.current && setState({ data, loading: false }),
      (error: unknown) => number === latest.current && setState({ failure: toFailure(error), loading: false }),
    );
  }, []);
  return { ...state, ask };
}
