import type { ScalingDetail } from '@amadeus/backend/scaling/contract.ts';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MeProvider } from '../../service/MeContext';
import { FakeService } from '../../test/service';
import { SettingsTab } from './SettingsTab';

let service = new FakeService();
jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual<object>('@grafana/runtime'),
  getBackendSrv: () => service,
}));

const path = '/api/scaling/workloads/shop%2Fweb/settings';
const detail = {
  ...{ workload: 'shop/web', cluster: 'seoul', mode: 'observe', settingsOrigin: 'default', settingsVersion: 3 },
  settings: {
    ...{ mode: 'observe', minReplicas: 1, maxReplicas: 20, targetShare: 0.8, quantile: 0.9, latencyLimitMs: 300 },
    ...{ requestsPerPod: null, stabilisationMinutes: 3, stepUpShare: 1, stepUpReplicas: 4, stepDownShare: 0.5 },
    ...{ actsPerHour: 30, earlyMinutes: 1, road: 'auto', whenGitOps: 'propose', windows: [] },
  },
} as unknown as ScalingDetail;
const report = {
  from: '2026-11-20T10:00:00Z',
  to: '2026-11-21T10:00:00Z',
  rows: [
    {
      ...{ workload: 'shop/web', cluster: 'seoul', region: 'kr', minutes: 1440, acts: 6, replicaHours: 96 },
      ...{ wantedReplicaHours: 60.5, slowMinutes: 4, wantedSlowMinutes: 1, cost: null, wantedCost: null },
    },
  ],
};

function show(of: ScalingDetail = detail, permissions = ['traffic:read', 'changes:apply']) {
  service = new FakeService()
    .answer('/api/me', { id: 'user:1', name: 'Ana', roles: [], permissions })
    .answer('/api/scaling/report', report)
    .answer(path, {});
  let saved = 0;
  render(
    <MeProvider>
      <SettingsTab detail={of} onSaved={() => saved++} />
    </MeProvider>,
  );
  return { saved: () => saved };
}

const sent = () => service.calls.find(({ method }) => method === 'PUT');

describe('how a workload is scaled', () => {
  test('begins with what it would have come to', async () => {
    show();
    expect(await screen.findByText('96, 60.5')).toBeInTheDocument();
    expect(screen.getByText('What it would have done')).toBeInTheDocument();
    expect(service.calls.find(({ path: asked }) => asked === '/api/scaling/report')!.search.get('workload')).toBe(
      'shop/web',
    );
  });

  test('is changed with a reason, by what differs and the version that was read', async () => {
    const { saved } = show();
    await userEvent.click(await screen.findByRole('radio', { name: 'Asks first' }));
    await userEvent.clear(screen.getByLabelText(/^Never fewer replicas than/));
    await userEvent.type(screen.getByLabelText(/^Never fewer replicas than/), '2');
    await userEvent.type(screen.getByLabelText(/^Reason/), 'A week of observing went well');
    await userEvent.click(screen.getByRole('button', { name: 'Save the settings' }));
    expect(sent()).toMatchObject({
      path,
      body: { mode: 'approve', minReplicas: 2, version: 3, reason: 'A week of observing went well' },
    });
    expect(saved()).toBe(1);
  });

  test('can be tried on the last day before anything is saved', async () => {
    show();
    const judged = {
      replicaHours: 96,
      mostReplicas: 8,
      slowMinutes: 4,
      acts: 6,
      cost: { amount: '4.10', currency: 'USD' },
    };
    const proposed = { ...judged, replicaHours: 120.25, slowMinutes: 0 };
    service.answer(path.replace('settings', 'preview'), {
      minutes: 1440,
      forecaster: 'lstm',
      present: judged,
      proposed,
    });
    const ask = await screen.findByRole('button', { name: 'What would that have done in the last day?' });
    expect(ask).toBeDisabled();
    await userEvent.clear(screen.getByLabelText(/^Never fewer replicas than/));
    await userEvent.type(screen.getByLabelText(/^Never fewer replicas than/), '5');
    await userEvent.click(ask);
    expect(await screen.findByRole('row', { name: /^What you typed 120\.3/ })).toBeInTheDocument();
    expect(service.calls.find(({ path: asked }) => asked.endsWith('/preview'))!.body).toEqual({
      settings: { minReplicas: 5 },
      hours: 24,
    });
    expect(sent()).toBeUndefined();
  });

  test('is not sent while it makes no sense; what is wrong is said beside it', async () => {
    show();
    await userEvent.click(await screen.findByRole('button', { name: 'Add a time' }));
    await userEvent.clear(screen.getByLabelText(/^Never more than/));
    await userEvent.clear(screen.getByLabelText(/^Time zone/));
    await userEvent.click(screen.getByRole('button', { name: 'Save the settings' }));
    expect(screen.getByText('1 to 10000')).toBeInTheDocument();
    expect(screen.getByText(/There is no such time zone/)).toBeInTheDocument();
    expect(screen.getByText('Say why first')).toBeInTheDocument();
    expect(sent()).toBeUndefined();
  });

  test('can only be looked at where the file keeps it, or the right is missing', async () => {
    show({ ...detail, settingsOrigin: 'file' });
    expect(await screen.findByText('These settings are kept in the configuration file')).toBeInTheDocument();
    expect(screen.getByLabelText(/^Never more than/)).toBeDisabled();
    expect(screen.queryByRole('button', { name: 'Save the settings' })).not.toBeInTheDocument();
  });
});
