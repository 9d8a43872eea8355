import { useCallback, useEffect, useState } from 'react';
import { queryString, read, type Params } from './client';
import { toFailure, type ServiceFailure } from './failure';

export interface Loaded<T> {
  data?: T;
  failure?: ServiceFailure;
  loading: boolean;
  /** Loads again; what is shown stays until the answer is there. */
  reload: () => void;
}

/** Reads a path of the service and keeps the last answer while a new one loads. `path` undefined: nothing is asked. */
export function useService<T>(path: string | undefined, params: Params = {}, refreshKey: unknown = 0): Loaded<T> {
  const address = path === undefined ? undefined : `${path}${queryString(params)}`;
  const [state, setState] = useState<Omit<Loaded<T>, 'reload'>>({ loading: address !== undefined });
  const [tries, setTries] = useState(0);
  const reload = useCallback(() => setTries((count) => count + 1), []);

  useEffect(() => {
    if (address === undefined) {
      setState({ loading: false });
      return;
    }
    const abort = new AbortController();
    setState((old) => ({ ...old, loading: true }));
    read<T>(address, {}, abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setState({ data, loading: false });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setState({ failure: toFailure(error), loading: false });
      },
    );
    return () => abort.abort();
  }, [address, tries, refreshKey]);

  return { ...state, reload };
}
