import { expect, test } from '../fixtures.ts';

/** What a finance person asks of the pages, with the generated estate behind them. */
test.describe('finance', () => {
  // Sums by day are made after the service has started, while everything else begins as well.
  test.describe.configure({ timeout: 240_000 });

  test('sees what one session costs, and which customer does not pay for what it uses', async ({ amadeus, page }) => {
    await amadeus.openUntilItSays('finops/units', '?by=x_Customer', /globex costs \$[\d.]+ more than it pays/);
    await expect(page.getByRole('button', { name: 'Cost of a session' })).toHaveAttribute('aria-pressed', 'true');
    const table = page.getByRole('table', { name: 'Where it differs' });
    await expect(table.getByRole('row', { name: /globex/ })).toContainText('−$');
    await page.getByRole('button', { name: 'Cost of a GPU-hour' }).click();
    await expect(page).toHaveURL(/unit=gpu-hour/);
  });

  test('gets a showback in won that adds up, as a file', async ({ amadeus, page }) => {
    await amadeus.openUntilItSays('finops/showback', '?period=30d&in=KRW', /Everything adds up: ₩/);
    await expect(page.getByText(/^1 \w{3} = [\d.]+ KRW/)).toBeVisible();
    const download = page.waitForEvent('download', { timeout: 90_000 });
    await page.getByRole('button', { name: 'Excel' }).click();
    expect((await download).suggestedFilename()).toMatch(/\.xlsx$/);
  });

  test('sees which budget is passed, makes one, and snoozes it with a reason', async ({ amadeus, page }) => {
    await amadeus.openUntilItSays('finops/budgets', '', /budget/);
    await page.getByRole('button', { name: 'New budget' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Give it a name that people know')).toBeVisible();
    const name = `Everything ${Date.now()}`;
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Amount').fill('100000');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('heading', { name })).toBeVisible();
    await page.getByRole('button', { name: 'Snooze' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('A test of the suite');
    await dialog.getByRole('button', { name: 'Snooze' }).click();
    await expect(page.getByText(/Nobody is told until/)).toBeVisible();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByRole('heading', { name })).toHaveCount(0);
  });

  test('finds what has no owner, and sees what a rule would change before it is saved', async ({ amadeus, page }) => {
    await amadeus.openUntilItSays('data/tag-rules', '', /% of the spend of the last 30 days has no owner/);
    const infer = page.getByRole('region', { name: 'What is inferred where a tag is missing' });
    await infer.getByRole('button', { name: 'Add a rule' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel(/^Name \*/).fill('clusters');
    await form.getByLabel(/^From \*/).fill('ServiceName');
    await form.getByLabel(/^Pattern \*/).fill('^GPU cluster ([a-z0-9-]+)$');
    await form.getByLabel(/^Value \*/).fill('platform');
    await page.getByRole('button', { name: 'Take over into the draft' }).click();
    await expect(page.getByText('This draft is not saved yet')).toBeVisible();
    await expect(page.getByText(/lines of the last 30 days change/)).toBeVisible({ timeout: 90_000 });
    await page.getByRole('button', { name: 'Discard the draft' }).click();
    await expect(page.getByText('This draft is not saved yet')).toHaveCount(0);
  });

  test('sees whether providers billed what the usage should cost', async ({ amadeus, page }) => {
    const table = page.getByRole('table', { name: 'Bill against estimate, last 30 days' });
    await amadeus.openUntil('data/prices', '', () =>
      expect(table.getByRole('row').nth(1)).toContainText('$', { timeout: 60_000 }),
    );
    await page.getByLabel('Search models, GPUs, providers').fill('h100');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('table', { name: 'Price book' }).getByRole('row').nth(1)).toContainText('h100');
  });
});
