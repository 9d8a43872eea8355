import type { AddressParams } from '../app/page-address';

/** Parameters of an address that belong to a visit and not to what is looked at. */
const ofTheVisit = new Set(['orgId', 'kiosk', 'theme', 'report', 'file', 'change']);
/** What the service takes as the name of a parameter. */
const known = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** What of an address a saved view keeps. */
export function viewParams(search: string): AddressParams {
  const params: AddressParams = {};
  for (const [name, value] of new URLSearchParams(search)) {
    if (ofTheVisit.has(name) || !known.test(name) || value === '') continue;
    params[name] = [...(params[name] ?? []), value];
  }
  return params;
}

/** Whether two views show the same: the order of the names does not matter, that of the values does. */
export function isSameView(one: AddressParams, other: AddressParams): boolean {
  const told = (params: AddressParams) =>
    JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  return told(one) === told(other);
}
