import { createContext, useContext } from 'react';

/** What an administrator entered on the configuration page; the token is not among it. */
export interface AppSettings {
  serviceUrl?: string;
}

export const AppSettingsContext = createContext<AppSettings>({});

export function useAppSettings(): AppSettings {
  return useContext(AppSettingsContext);
}
