import type { IncidentView } from '@amadeus/backend/healing/contract.ts';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router-dom';
import { MeProvider } from '../../service/MeContext';
import { FakeService } from '../../test/service';
import { sentence } from './HealingAnswer';
import { IncidentCard } from './IncidentCard';

let service = new FakeService();
let sources: Array<{ uid: string; meta: { id: string } }> = [];
jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual<object>('@grafana/runtime'),
  getBackendSrv: () => service,
  getDataSourceSrv: () => ({ getList: () => sources }),
}));

const incident: IncidentView = {
  ...{ id: 1, cluster: 'seoul', region: 'kr', kind: 'Deployment', namespace: 'shop', workload: 'cart' },
  ...{ container: 'main', revision: 'cart-1', trouble: 'oom-killed', cause: 'memory', evidence: 'OOMKilled' },
  ...{ crashes: 2, pods: 1, verdict: 'acted', why: 'It was done, and it helped.', advice: 'Look for what grows.' },
  ...{ firstAt: '2026-11-21T19:00:00Z', lastAt: '2026-11-21T19:05:00Z', closedAt: '2026-11-21T19:05:00Z' },
  acts: [
    {
      ...{ act: 'memory', at: '2026-11-21T19:00:10Z', mode: 'auto', changeId: 7, state: 'verified' },
      ...{ summary: 'Raise the memory limit', before: '256Mi', after: '356Mi' },
    },
  ],
};
const change = {
  id: 7,
  preview: { summary: 'Raise', diff: '-memory: 256Mi\n+memory: 356Mi' },
  history: [
    { at: '2026-11-21T19:00:10Z', from: 'proposed', to: 'approved', note: 'Without approval.' },
    { at: '2026-11-21T19:05:10Z', from: 'verifying', to: 'verified', note: 'Nothing was killed since.' },
  ],
};

function show(of: IncidentView = incident, permissions = ['traffic:read', 'changes:read']) {
  service = new FakeService()
    .answer('/api/me', { id: 'user:1', name: 'Ana', roles: [], permissions })
    .answer('/api/changes/7', change);
  const opened: number[] = [];
  render(
    <MemoryRouter>
      <MeProvider>
        <ul>
          <IncidentCard incident={of} onChange={(id) => opened.push(id)} />
        </ul>
      </MeProvider>
    </MemoryRouter>,
  );
  return opened;
}

describe('an incident', () => {
  test('says cause, evidence and act, and shows diff and proof where they are asked for', async () => {
    const opened = show();
    expect(screen.getByText(/The cause: its memory limit/)).toBeInTheDocument();
    expect(screen.getByText('Memory limit 256Mi → 356Mi')).toBeInTheDocument();
    await userEvent.click(await screen.findByRole('button', { name: 'Diff and proof' }));
    expect(await screen.findByLabelText('Differences')).toHaveTextContent('+memory: 356Mi');
    expect(screen.getByText(/Nothing was killed since/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'The Change, and undo' }));
    expect(opened).toEqual([7]);
  });

  test('offers no Change to who may not see Changes', () => {
    show(incident, ['traffic:read']);
    expect(screen.getByText('Verified')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /undo/ })).not.toBeInTheDocument();
  });

  test('gives advice where a person has to act', () => {
    show({ ...incident, verdict: 'leak', acts: [], closedAt: null });
    expect(screen.getByText(/Look for what grows/)).toBeInTheDocument();
    expect(screen.getByText('Leak: needs you')).toBeInTheDocument();
  });

  test('leads to the logs in Loki, else to the command that reads them', () => {
    sources = [{ uid: '-- Mixed --', meta: { id: 'mixed' } }];
    show();
    expect(screen.getByRole('button', { name: 'Copy the command for its logs' })).toBeInTheDocument();
    sources.push({ uid: 'loki-1', meta: { id: 'loki' } });
    show();
    expect(screen.getByRole('link', { name: 'Its logs' })).toHaveAttribute(
      'href',
      expect.stringContaining('/explore?schemaVersion=1&panes='),
    );
  });
});

test('the sentence counts what was healed and what waits', () => {
  const nothing = { incidents: 0, memory: 0, rollbacks: 0, leaks: 0, waiting: 0, proposed: 0, open: 0 };
  expect(sentence(nothing)).toBe('Nothing fell over in this time: 0 incidents.');
  expect(sentence({ ...nothing, incidents: 4, memory: 1, rollbacks: 2, leaks: 1, open: 1 })).toBe(
    '1 workload got more memory, 2 images went back, 1 leak needs you; 1 goes on.',
  );
  expect(sentence({ ...nothing, incidents: 2 })).toBe('2 incidents; all are over.');
});
