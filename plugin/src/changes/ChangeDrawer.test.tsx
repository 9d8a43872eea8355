import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MeProvider } from '../service/MeContext';
import { FakeService } from '../test/service';
import { ChangeDrawer } from './ChangeDrawer';

let service = new FakeService();
jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual<object>('@grafana/runtime'),
  getBackendSrv: () => service,
}));

const change = {
  id: 7,
  kind: 'scaling',
  target: 'shop/frontend',
  state: 'proposed',
  mode: 'approve',
  approvalsNeeded: 1,
  approvals: 0,
  reason: 'A peak is coming.',
  summary: 'Scale shop/frontend from 6 to 8 pods',
  author: { id: 'service:scaling', name: 'Amadeus' },
  createdAt: '2026-11-21T10:00:00Z',
  updatedAt: '2026-11-21T10:00:00Z',
  expiresAt: '2026-11-21T12:00:00Z',
  preview: {
    summary: 'Two more pods.',
    diff: '-replicas: 6\n+replicas: 8',
    impact: { risk: 'low', money: { amount: '4.2', currency: 'USD', period: 'day' } },
  },
  canRollBack: false,
  approvedBy: [],
  comments: [],
  history: [],
};
const me = (permissions: string[]) => ({ id: 'user:1', name: 'Ana', roles: [], permissions });

function show(permissions = ['changes:read', 'changes:approve'], shown: object = change) {
  service = new FakeService().answer('/api/me', me(permissions)).answer('/api/changes/7', shown);
  let changed = 0;
  render(
    <MeProvider>
      <ChangeDrawer id={7} onClose={() => undefined} onChanged={() => changed++} />
    </MeProvider>,
  );
  return { changed: () => changed };
}

describe('a Change', () => {
  test('shows what it would do, what it costs and risks', async () => {
    show();
    expect(await screen.findByText('Two more pods.')).toBeInTheDocument();
    expect(screen.getByText('$4.20 / day')).toBeInTheDocument();
    expect(screen.getByText('Low risk')).toBeInTheDocument();
    expect(screen.getByLabelText('Differences')).toHaveTextContent('+replicas: 8');
  });

  test('is approved with one press', async () => {
    const { changed } = show();
    service.answer('/api/changes/7/approve', {});
    await userEvent.click(await screen.findByRole('button', { name: 'Approve' }));
    expect(service.calls.find(({ path }) => path === '/api/changes/7/approve')).toMatchObject({
      method: 'POST',
      body: {},
    });
    expect(changed()).toBe(1);
  });

  test('says to whoever proposed it that somebody else has to approve it', async () => {
    show(['changes:read', 'changes:approve', 'changes:propose'], {
      ...change,
      author: { id: 'user:1', name: 'Ana' },
    });
    expect(await screen.findByText('You proposed it, so somebody else has to approve it.')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Withdraw' })).toBeInTheDocument();
  });

  test('is looked at again while it goes on', async () => {
    jest.useFakeTimers();
    try {
      const { changed } = show(undefined, { ...change, state: 'verifying' });
      await act(() => jest.advanceTimersByTimeAsync(0));
      expect(screen.getByText('Being verified')).toBeInTheDocument();
      service.answer('/api/changes/7', { ...change, state: 'verified' });
      await act(() => jest.advanceTimersByTimeAsync(2_000));
      expect(screen.getByText('Verified')).toBeInTheDocument();
      expect(changed()).toBe(1);
    } finally {
      jest.useRealTimers();
    }
  });

  test('is not rejected without a reason', async () => {
    show();
    service.answer('/api/changes/7/reject', {});
    await userEvent.click(await screen.findByRole('button', { name: 'Reject' }));
    expect(screen.getByText('Say why first')).toBeInTheDocument();
    expect(service.calls.some(({ path }) => path.endsWith('/reject'))).toBe(false);
    await userEvent.type(screen.getByLabelText(/Reason/), 'Too late.');
    await userEvent.click(screen.getByRole('button', { name: 'Reject' }));
    expect(service.calls.find(({ path }) => path.endsWith('/reject'))!.body).toEqual({ reason: 'Too late.' });
  });

  test('says what happened when somebody was faster', async () => {
    show();
    service.fail('/api/changes/7/approve', 409, {
      code: 'CONFLICT',
      detail: 'It was approved meanwhile.',
      help: 'Load it again.',
      traceId: 't1',
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Approve' }));
    expect(await screen.findByText(/It was approved meanwhile. Load it again./)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: /Copy trace id t1/ })).toBeInTheDocument();
  });

  test('offers nothing to who may only look, and says who can', async () => {
    show(['changes:read']);
    expect(await screen.findByText(/Somebody with the right to approve/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Approve' })).not.toBeInTheDocument();
  });
});
