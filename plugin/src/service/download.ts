import type { ExportFile } from '@amadeus/backend/focus-export/contract.ts';
import { getBackendSrv } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { queryString, read, serviceUrl, type Params } from './client';
import { ServiceError, toFailure } from './failure';

export interface DownloadRequest {
  path: string;
  params?: Params;
  /** Sent as POST where it is given, else the file is read by GET. */
  body?: unknown;
  /** Where the answer does not name the file. */
  fileName: string;
}

/** Milliseconds between two looks at a file that is made in the background, and how often one looks. */
const pause = 2_000;
const mostLooks = 900;

/**
 * Fetches a file and hands it to the browser. A large one is made in the background first: `onWaiting` is told, and the file
 * comes when it is ready. @throws ServiceError
 */
export async function download(request: DownloadRequest, onWaiting: () => void, signal: AbortSignal): Promise<void> {
  const answer = await fetchFile(request);
  if (answer.status !== 202) return save(answer.data, nameOf(answer.headers, request.fileName));
  onWaiting();
  const { id } = JSON.parse(await answer.data.text()) as ExportFile;
  const file = await ready(id, signal);
  const made = await fetchFile({ path: `/api/exports/${id}/file`, fileName: file.fileName });
  save(made.data, file.fileName);
}

async function fetchFile({ path, params = {}, body }: DownloadRequest) {
  try {
    return await lastValueFrom(
      getBackendSrv().fetch<Blob>({
        url: `${serviceUrl}${path}${queryString(params)}`,
        method: body === undefined ? 'GET' : 'POST',
        responseType: 'blob',
        ...(body === undefined ? {} : { data: body }),
        showErrorAlert: false,
        showSuccessAlert: false,
      }),
    );
  } catch (error) {
    throw new ServiceError(toFailure(await withReadableBody(error)));
  }
}

/** What went wrong was asked for as a file too; it is read, so that its sentence can be shown. */
async function withReadableBody(error: unknown): Promise<unknown> {
  const { data } = error as { data?: unknown };
  if (!(data instanceof Blob)) return error;
  const problem: unknown = await data
    .text()
    .then(JSON.parse)
    .catch(() => ({}));
  return Object.assign(error as object, { data: problem });
}

async function ready(id: string, signal: AbortSignal): Promise<ExportFile> {
  for (let look = 0; look < mostLooks; look++) {
    signal.throwIfAborted();
    const file = await read<ExportFile>(`/api/exports/${id}`, {}, signal);
    if (file.state === 'ready') return file;
    if (file.state === 'failed' || file.state === 'expired')
      throw new ServiceError(toFailure({ status: 500, data: { detail: file.failure ?? '' } }));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new ServiceError(toFailure({ status: 504, data: {} }));
}

function nameOf(headers: Headers | undefined, otherwise: string): string {
  return /filename="([^"]+)"/.exec(headers?.get('content-disposition') ?? '')?.[1] ?? otherwise;
}

function save(data: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(data);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
