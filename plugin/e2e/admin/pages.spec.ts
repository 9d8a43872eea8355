import { expect, pageNames, test } from '../fixtures.ts';

test.describe('the pages', () => {
  test('Overview says in a sentence how things stand, with a number', async ({ amadeus, page }) => {
    await amadeus.open('overview');
    await expect(amadeus.sentence).toContainText(/\d/);
    await expect(page.getByRole('table', { name: 'Sources' })).toBeVisible();
    await expect(page.getByRole('figure', { name: 'Spend by provider' })).toBeVisible();
  });

  test('Overview explains its number', async ({ amadeus, page }) => {
    await amadeus.open('overview');
    await page.getByRole('button', { name: 'Why this number?' }).click();
    await expect(page.getByRole('dialog', { name: /Spend this month/ })).toContainText('Last month, to the same day');
  });

  test('FinOps goes from the sum to the lines of the bill, and Back returns', async ({ amadeus, page }) => {
    await amadeus.open('finops/explore', '?group=ServiceName');
    await expect(amadeus.sentence).toContainText('You spent');
    const first = page.getByRole('button', { name: /^Look into / }).first();
    const name = (await first.textContent()) ?? '';
    await first.click();
    await expect(page).toHaveURL(/filter=ServiceName/);
    await expect(page.getByRole('group', { name: 'Filters' })).toContainText(name);
    await page.getByRole('button', { name: 'Show the lines' }).click();
    await expect(page.getByRole('columnheader', { name: 'x_SourceLine' })).toBeVisible();
    await expect(page).toHaveURL(/lines=1/);
  });

  test('FinOps keeps what was chosen in its address', async ({ amadeus, page }) => {
    await amadeus.open('finops/explore', '?group=ProviderName&metric=BilledCost&compare=off&from=now-7d&to=now');
    await expect(page.getByRole('columnheader', { name: 'Provider' })).toBeVisible();
    await expect(page.getByRole('combobox', { name: 'Cost' })).toHaveValue('Billed (invoice)');
    await expect(page.getByRole('columnheader', { name: 'Period before' })).toHaveCount(0);
  });

  test('FinOps hands over what is seen as CSV', async ({ amadeus, page }) => {
    await amadeus.open('finops/explore', '?group=ProviderName');
    const download = page.waitForEvent('download');
    await page.getByRole('region', { name: 'By group' }).getByRole('button', { name: 'CSV' }).click();
    expect((await download).suggestedFilename()).toMatch(/\.csv$/);
  });

  test('Traffic says what is coming, and shows it', async ({ amadeus, page }) => {
    await amadeus.open('traffic');
    await expect(amadeus.sentence).toContainText(/requests a minute/);
    await expect(page.getByRole('figure', { name: /Requests a minute/ })).toBeVisible();
    await expect(page.getByRole('table', { name: 'Workloads' })).toBeVisible();
  });

  test('a chart can be taken to Explore, a dashboard and an alert rule, and read as a table', async ({
    amadeus,
    page,
  }) => {
    await amadeus.open('traffic');
    const chart = page.getByRole('figure', { name: /Requests a minute/ });
    await chart.getByRole('button', { name: /^Menu for panel/ }).click();
    for (const name of ['Explore', 'Add to dashboard', 'New alert rule', 'Copy data']) {
      await expect(page.getByRole('menuitem', { name })).toBeVisible();
    }
    await page.getByRole('menuitem', { name: 'Show as table' }).click();
    await expect(chart.getByRole('columnheader', { name: 'Predicted' })).toBeVisible();
  });

  for (const name of pageNames) {
    test(`${name} is accessible`, async ({ amadeus }) => {
      await amadeus.open(name);
      await expect(amadeus.sentence).toBeVisible();
      expect(await amadeus.accessibilityFaults()).toEqual([]);
    });

    test(`${name} fits a phone`, async ({ amadeus, page }) => {
      await page.setViewportSize({ width: 360, height: 800 });
      await amadeus.open(name);
      await expect(amadeus.sentence).toBeVisible();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
});
