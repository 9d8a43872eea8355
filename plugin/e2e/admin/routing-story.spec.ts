import type { Browser, Locator, Page } from '@playwright/test';
import { AmadeusPages, expect, test } from '../fixtures.ts';

/** For a slow machine. */
const patience = { timeout: 120_000 };

/** A person with the rights of an editor, signed in on another machine. */
async function colleague(page: Page, browser: Browser, baseURL: string | undefined): Promise<AmadeusPages> {
  const login = `colleague-${Date.now()}`;
  const password = `${login}-secret`;
  const made = await page.request.post('/api/admin/users', { data: { name: login, login, password, OrgId: 1 } });
  const { id } = (await made.json()) as { id: number };
  await page.request.patch(`/api/org/users/${id}`, { data: { role: 'Editor' } });
  const context = await browser.newContext({
    ...(baseURL === undefined ? {} : { baseURL }),
    storageState: { cookies: [], origins: [] },
  });
  expect((await context.request.post('/login', { data: { user: login, password } })).ok()).toBe(true);
  return new AmadeusPages(await context.newPage());
}

async function propose(dialog: Locator, pace: string, reason: string): Promise<void> {
  await dialog.getByRole('radio', { name: pace }).check({ force: true });
  await dialog.getByLabel(/^Reason/).fill(reason);
  await dialog.getByRole('button', { name: 'Propose' }).click();
}

/** Opens what waits for approval, looks at what it would do, and approves it. */
async function approve(amadeus: AmadeusPages, policy: string): Promise<void> {
  await amadeus.open('routing/policies', `?policy=${policy}`);
  await amadeus.page.getByRole('button', { name: 'Look at it and decide' }).click(patience);
  const drawer = amadeus.page.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Approve' }).click(patience);
  await expect(drawer.getByText('Verified').or(drawer.getByText('Being verified')).first()).toBeVisible(patience);
}

/** The demo's applications call the gateway all the while. */
test.describe('an engineer, and a colleague who approves', () => {
  test('see what features cost, make one cheaper by 10 % and then all, and take it back', async ({
    amadeus,
    page,
    browser,
    baseURL,
  }) => {
    test.setTimeout(600_000);
    const began = new Date().toISOString();
    const policy = `cheaper-${Date.now()}`;
    const other = await colleague(page, browser, baseURL);

    const features = page.getByRole('table', { name: 'Requests by Feature' });
    await amadeus.openUntil('routing/overview', '?by=feature&from=now-1h&to=now', () =>
      expect(features.getByRole('row', { name: /chat/ })).toContainText('$', { timeout: 60_000 }),
    );

    await amadeus.open('routing/policies', '?policy=assistant');
    await page.getByRole('button', { name: 'Draft one like it' }).click(patience);
    await page.getByLabel('Name', { exact: true }).fill(policy);
    await page.getByLabel('Model', { exact: true }).first().fill('claude-3-5-haiku-20241022');
    await page.getByLabel('Quality', { exact: true }).first().fill('0.8');
    await expect(page.getByLabel('The same as YAML')).toHaveValue(/model: claude-3-5-haiku/);
    await page.getByRole('button', { name: 'Save the draft' }).click();
    await expect(page.getByRole('region', { name: 'The draft' })).toBeVisible(patience);

    await page.getByRole('button', { name: 'Replay' }).click();
    await expect(page.getByText(/On the last 7 days, \d+ requests: −\$/)).toBeVisible(patience);

    await page.getByRole('button', { name: 'Publish as a version' }).click();
    await page.getByRole('button', { name: 'Let v1 serve' }).click(patience);
    await propose(page.getByRole('dialog'), 'A part, until I say more', 'Cheaper by the replay of last week');
    await expect(page.getByText('You proposed it, so somebody else has to approve it.')).toBeVisible(patience);
    await approve(other, policy);
    await amadeus.open('routing/policies', `?policy=${policy}`);
    await expect(amadeus.sentence).toContainText(new RegExp(`${policy} gives 10\\s% of its requests to v1`), patience);
    await expect(page.getByText(/From 50 calls of each on, it goes back to 0 % by itself/)).toBeVisible(patience);

    await page.getByRole('button', { name: 'Let v1 serve' }).click();
    await propose(page.getByRole('dialog'), 'All at once', 'It does as well as before');
    await expect(page.getByText('You proposed it, so somebody else has to approve it.')).toBeVisible(patience);
    await approve(other, policy);
    await amadeus.openUntil('routing/live', `?from=now-15m&to=now&only=policy:${policy}`, () =>
      expect(page.getByRole('table').getByRole('row').nth(1)).toContainText('haiku', { timeout: 60_000 }),
    );

    await amadeus.open('routing/policies', `?policy=${policy}`);
    await page.getByRole('button', { name: 'Roll back' }).click(patience);
    await expect(page.getByRole('dialog').getByText('Rolled back', { exact: true }).first()).toBeVisible(patience);

    // What is being taken over has not failed; rows of usage may arrive a moment later.
    const ended = new Date().toISOString();
    await amadeus.openUntil('routing/live', `?from=${began}&to=${ended}&status=failed&only=feature:chat`, () =>
      expect(page.getByText('No request fits')).toBeVisible({ timeout: 40_000 }),
    );
    await other.page.context().close();
  });
});
