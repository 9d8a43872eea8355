/** What an administrator entered on the configuration page; the token is not among it. */
export interface AppSettings {
  serviceUrl?: string;
}
