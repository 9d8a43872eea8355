import { getBackendSrv } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { PLUGIN_ID } from '../constants';
import { ServiceError, toFailure } from './failure';

export type Params = Record<string, string | number | readonly string[] | undefined>;

/** Where Grafana forwards to the service. */
export const serviceUrl = `/api/plugin-proxy/${PLUGIN_ID}/service`;

/** Reads from the service by way of Grafana, which adds the token and who asks. @throws ServiceError */
export function read<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  return call<T>('GET', path, params, undefined, signal);
}

/** Tells the service to do something. @throws ServiceError */
export function act<T>(path: string, body: unknown = {}): Promise<T> {
  return call<T>('POST', path, {}, body);
}

/** Replaces or removes something of the service. @throws ServiceError */
export function send<T>(method: 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
  return call<T>(method, path, {}, body);
}

/** The query part of an address; a list becomes the same name several times, what is undefined or empty is left out. */
export function queryString(params: Params): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? (value as string[]) : [value as string | number | undefined]) {
      if (one !== undefined && one !== '') search.append(name, String(one));
    }
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

async function call<T>(method: string, path: string, params: Params, body?: unknown, signal?: AbortSignal): Promise<T> {
  try {
    const answer = await lastValueFrom(
      getBackendSrv().fetch<T>({
        url: `${serviceUrl}${path}${queryString(params)}`,
        method,
        // Grafana would send the body of a DELETE as a form.
        ...(body === undefined ? {} : { data: body, headers: { 'Content-Type': 'application/json' } }),
        ...(signal === undefined ? {} : { abortSignal: signal }),
        showErrorAlert: false,
        showSuccessAlert: false,
      }),
    );
    return answer.data;
  } catch (error) {
    throw new ServiceError(toFailure(error));
  }
}
