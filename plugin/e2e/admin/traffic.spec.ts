import type { IncidentView, Timeline } from '@amadeus/backend/healing/contract.ts';
import type { ScalingDetail } from '@amadeus/backend/scaling/contract.ts';
import { expect, test } from '../fixtures.ts';

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

/** What a cluster in trouble answers; the estate has none. */
function timeline(): Timeline {
  const incident = (id: number, part: Partial<IncidentView>): IncidentView => ({
    ...{ id, cluster: 'seoul', region: 'default', kind: 'Deployment', namespace: 'shop', workload: 'cart' },
    ...{ container: 'main', revision: `cart-${id}`, trouble: 'oom-killed', cause: 'memory', evidence: 'OOMKilled' },
    ...{ crashes: 2, pods: 1, verdict: 'acted', why: 'It was done, and it helped.', advice: 'Look for what grows.' },
    ...{ firstAt: minutesAgo(50), lastAt: minutesAgo(44), closedAt: minutesAgo(44), acts: [] },
    ...part,
  });
  return {
    incidents: [
      incident(2, { workload: 'web', verdict: 'leak', closedAt: null, why: 'It was killed for memory again.' }),
      incident(1, {
        acts: [
          {
            ...{ act: 'memory', at: minutesAgo(49), mode: 'auto', changeId: 7, state: 'verified' },
            ...{ summary: 'Raise the memory limit', before: '256Mi', after: '356Mi' },
          },
        ],
      }),
    ],
    more: false,
  };
}

const change = {
  ...{ id: 7, kind: 'healing.memory', target: 'seoul/shop/cart', state: 'verified', mode: 'auto' },
  ...{
    approvalsNeeded: 0,
    approvals: 0,
    reason: 'It was killed for memory at 256Mi.',
    summary: 'Raise the memory limit',
  },
  ...{
    author: { id: 'system:healing', name: 'Amadeus' },
    canRollBack: true,
    approvedBy: [],
    comments: [],
    payload: {},
  },
  ...{ createdAt: minutesAgo(49), updatedAt: minutesAgo(44), expiresAt: minutesAgo(-60) },
  preview: { summary: 'Raise the memory limit', diff: '-      memory: 256Mi\n+      memory: 356Mi' },
  history: [
    {
      ...{ at: minutesAgo(44), actor: { id: 'system:changes', name: 'Amadeus' }, event: 'hold' },
      ...{ from: 'verifying', to: 'verified', note: 'Nothing was killed for memory since.' },
    },
  ],
};

const decision = (workload: string): ScalingDetail => ({
  ...{ workload, cluster: 'seoul', region: 'default', decidedAt: minutesAgo(0), isStale: false, mode: 'observe' },
  ...{ holdUntil: null, holdReason: null, replicas: 4, readyReplicas: 4, wanted: 6, needed: 6, direction: 'out' },
  ...{ held: 'none', reason: { en: 'Load is foreseen.', ko: '부하가 예측됩니다.' }, requestsPerMinute: 900 },
  ...{ latencyMs: 80, perPod: 300, capacitySource: 'latency', hourCost: { amount: '0.04', currency: 'USD' } },
  ...{ changeId: null, notices: [], leadSeconds: 90, startUpSeconds: 40, road: 'scale', costFormula: '1 core' },
  terms: [
    { term: 'forecast', replicas: 6, load: 1500, text: { en: '1,500 are foreseen', ko: '1,500건이 예측됩니다' } },
  ],
  capacity: { perPod: 300, low: 250, high: 350, usable: 240, source: 'latency' },
  does: { en: 'Nobody else scales this workload.', ko: '다른 컨트롤러가 없습니다.' },
  settings: {
    ...{ mode: 'observe', minReplicas: 1, maxReplicas: 20, targetShare: 0.8, quantile: 0.9, latencyLimitMs: 300 },
    ...{ requestsPerPod: null, stabilisationMinutes: 3, stepUpShare: 1, stepUpReplicas: 4, stepDownShare: 0.5 },
    ...{ actsPerHour: 30, earlyMinutes: 1, road: 'auto', whenGitOps: 'propose', windows: [] },
  },
  ...{ settingsOrigin: 'default', settingsVersion: 0 },
});

test.describe('healing', () => {
  test('says so where nothing is watched', async ({ amadeus, page }) => {
    await amadeus.pathAnswers('/api/healing/timeline', { incidents: [], more: false });
    await amadeus.pathAnswers('/api/healing/workloads', { clusters: [], workloads: [], notices: [] });
    await amadeus.open('traffic/healing');
    await expect(page.getByText('No cluster is watched')).toBeVisible();
    await expect(amadeus.sentence).toContainText('0 incidents');
  });

  test('shows what fell over, what was done, the proof, and the way to undo it', async ({ amadeus, page }) => {
    test.slow();
    await amadeus.pathAnswers('/api/healing/timeline', timeline());
    await amadeus.pathAnswers('/api/changes/7', change);
    await amadeus.open('traffic/healing');
    await expect(amadeus.sentence).toContainText('1 workload got more memory, 1 leak needs you; 1 goes on.');
    const cart = page.getByRole('listitem', { name: 'shop/cart: Out of memory' });
    await expect(cart).toContainText('Memory limit 256Mi → 356Mi');
    await cart.getByRole('button', { name: 'Diff and proof' }).click();
    await expect(cart.getByLabel('Differences')).toContainText('+ memory: 356Mi');
    await expect(cart).toContainText('Nothing was killed for memory since.');
    expect(await amadeus.accessibilityFaults()).toEqual([]);
    await cart.getByRole('button', { name: 'The Change, and undo' }).click();
    await expect(page).toHaveURL(/change=7/);
    await expect(page.getByRole('button', { name: 'Roll back' })).toBeVisible();
  });

  test('keeps its filters in the address, and fits a phone with what it found', async ({ amadeus, page }) => {
    await page.setViewportSize({ width: 360, height: 800 });
    await amadeus.pathAnswers('/api/healing/timeline', timeline());
    await amadeus.open('traffic/healing', '?trouble=oom-killed&state=open');
    await expect(page.getByRole('combobox', { name: 'Trouble' })).toHaveValue('Out of memory');
    await expect(page.getByRole('combobox', { name: 'State' })).toHaveValue('Goes on');
    await expect(page.getByRole('listitem', { name: 'shop/cart: Out of memory' })).toBeVisible();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await expect(page).not.toHaveURL(/trouble=/);
  });

  test('says what happened when the service fails', async ({ amadeus, page }) => {
    await amadeus.serviceAnswers(500, { code: 'INTERNAL', detail: 'It broke.', traceId: 'abc123' });
    await amadeus.open('traffic/healing');
    await expect(page.getByText('The incidents could not be loaded')).toBeVisible();
  });
});

test.describe('known events', () => {
  test('are made, changed and deleted', async ({ amadeus, page }) => {
    test.slow();
    const name = `sale-${Date.now()}`;
    await amadeus.open('traffic/events', '?event=new');
    const form = page.getByRole('dialog');
    await form.getByRole('button', { name: 'Save the event' }).click();
    await expect(form.getByText('Give it a name, e.g. friday-sale')).toBeVisible();
    await form.getByLabel('Name *').fill(name);
    await form.getByLabel('How many times the usual traffic').fill('3');
    expect(await amadeus.accessibilityFaults('[role="dialog"]')).toEqual([]);
    await form.getByRole('button', { name: 'Save the event' }).click();
    const table = page.getByRole('table', { name: 'Known events' });
    await expect(table.getByRole('row', { name: new RegExp(name) })).toContainText('3 × usual');
    await table.getByRole('button', { name: `Open ${name}` }).click();
    await form.getByLabel('How many times the usual traffic').fill('5');
    await form.getByRole('button', { name: 'Save the event' }).click();
    await expect(table.getByRole('row', { name: new RegExp(name) })).toContainText('5 × usual');
    await table.getByRole('button', { name: `Open ${name}` }).click();
    await form.getByRole('button', { name: 'Delete the event' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(table.getByRole('row', { name: new RegExp(name) })).toHaveCount(0);
  });
});

test.describe('the drawer of a workload', () => {
  test('shows who foresees it, and proposes another one', async ({ amadeus, page }) => {
    test.slow();
    await amadeus.open('traffic/load', '?show=forecaster');
    const drawer = page.getByRole('dialog');
    await expect(drawer.getByRole('heading', { name: 'Who foresees it' })).toBeVisible();
    await expect(drawer.getByRole('table', { name: 'How all of them did within a day' })).toContainText(
      'It stays as it is',
    );
    expect(await amadeus.accessibilityFaults('[role="dialog"]')).toEqual([]);
    await drawer.getByRole('button', { name: 'Pin It stays as it is' }).click();
    const form = page.getByRole('dialog').last();
    await form.getByRole('button', { name: 'Propose' }).click();
    await expect(form.getByText('Say why first')).toBeVisible();
    await page.keyboard.press('Escape');
  });

  test('shows why so many replicas, and takes settings that make sense', async ({ amadeus, page }) => {
    test.slow();
    const known = await page.request.get('/api/plugin-proxy/mureon-amadeus-app/service/api/workloads');
    const [{ workload }] = (await known.json()) as [{ workload: string }];
    const detail = decision(workload);
    await amadeus.pathAnswers('/api/scaling/workloads', { workloads: [detail] });
    await amadeus.pathAnswers('/api/scaling/workloads/', detail);
    await amadeus.open('traffic/load', `?workload=${encodeURIComponent(workload)}&show=decision`);
    const drawer = page.getByRole('dialog');
    await expect(drawer.getByRole('group', { name: 'Replicas' })).toContainText('4 → 6');
    await expect(drawer.getByText('Nobody else scales this workload.')).toBeVisible();
    await drawer.getByRole('tab', { name: 'Scaling settings' }).click();
    await expect(drawer.getByRole('heading', { name: 'What it would have done' })).toBeVisible();
    await drawer.getByLabel('Never more than').fill('0');
    await drawer.getByRole('button', { name: 'Save the settings' }).click();
    await expect(drawer.getByText('1 to 10000')).toBeVisible();
    await expect(drawer.getByText('Say why first')).toBeVisible();
    expect(await amadeus.accessibilityFaults('[role="dialog"]')).toEqual([]);
  });
});
