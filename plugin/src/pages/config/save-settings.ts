import { getBackendSrv } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';

interface Settings {
  pinned: boolean;
  serviceUrl: string;
  /** Left out: the stored one stays. */
  serviceToken?: string;
}

/** Saves the app's settings and switches it on. @throws what Grafana's fetch throws. */
export async function saveSettings(id: string, { pinned, serviceUrl, serviceToken }: Settings): Promise<void> {
  await lastValueFrom(
    getBackendSrv().fetch({
      url: `/api/plugins/${id}/settings`,
      method: 'POST',
      data: {
        enabled: true,
        pinned,
        jsonData: { serviceUrl },
        ...(serviceToken === undefined ? {} : { secureJsonData: { serviceToken } }),
      },
      showErrorAlert: false,
      showSuccessAlert: false,
    }),
  );
}
