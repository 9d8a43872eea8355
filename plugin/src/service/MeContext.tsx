import { createContext, useContext, type ReactNode } from 'react';
import type { Me } from './contract';
import { useService } from './use-service';

interface Standing {
  me?: Me;
  /** Whether the service says that this person may. Unknown counts as no, so that nothing is offered that is then refused. */
  may: (permission: string) => boolean;
}

const MeContext = createContext<Standing>({ may: () => false });

/** Asks once who is looking and what they may do. */
export function MeProvider({ children }: { children: ReactNode }) {
  const { data } = useService<Me>('/api/me');
  return (
    <MeContext.Provider value={{ me: data, may: (permission) => data?.permissions.includes(permission) ?? false }}>
      {children}
    </MeContext.Provider>
  );
}

export function useMe(): Standing {
  return useContext(MeContext);
}
