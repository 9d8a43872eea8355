import { locationUtil } from '@grafana/data';
import { APP_URL } from '../constants';

/** Parameters of an address: each name with its values. */
export type AddressParams = Record<string, string[]>;

/** The address of a page of the app, e.g. `finops/explore`, with its parameters. */
export function pageAddress(page: string, params: AddressParams): string {
  const search = new URLSearchParams();
  for (const [name, values] of Object.entries(params)) for (const value of values) search.append(name, value);
  const text = search.toString();
  return `${APP_URL}/${page}${text === '' ? '' : `?${text}`}`;
}

/** The same for a link that the browser follows: below the path that this Grafana is served from. */
export function pageHref(page: string, params: AddressParams): string {
  return locationUtil.assureBaseUrl(pageAddress(page, params));
}
