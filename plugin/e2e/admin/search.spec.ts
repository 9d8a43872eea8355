import { expect, test } from '../fixtures.ts';

const app = '/a/mureon-amadeus-app';

test.describe('search', () => {
  test('finds a team from any page by keyboard alone, and shows its spend', async ({ amadeus, page }) => {
    await amadeus.open('traffic');
    await expect(amadeus.sentence).toBeVisible();
    const field = page.getByRole('combobox', { name: 'Search everything' });
    await expect(field).toBeVisible();
    await page.keyboard.press('/');
    await expect(field).toBeFocused();
    await page.keyboard.type('resear');
    const team = page.getByRole('option', { name: /^research/ }).first();
    await expect(team).toContainText('Team');
    await expect(team).toContainText(/\$[\d,]+(\.\d+)? in 30 days/);
    await expect(field).toHaveAttribute('aria-activedescendant', /.+/);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/finops\/explore\?.*filter=x_Team(:|%3A)research/);
    await expect(page.getByRole('group', { name: 'Filters' })).toContainText('research');
    await expect(field).toHaveValue('');
  });

  test('leads to the lines of a resource', async ({ amadeus, page }) => {
    const lines = await page.request.get(
      '/api/plugin-proxy/mureon-amadeus-app/service/api/cost/lines?range=30d&limit=1000',
    );
    const { lines: rows } = (await lines.json()) as { lines: { ResourceId: string }[] };
    const id = rows.find(({ ResourceId }) => ResourceId !== '')!.ResourceId;
    await amadeus.open('overview');
    await page.getByRole('combobox', { name: 'Search everything' }).fill(id);
    await page
      .getByRole('option', { name: /Resource/ })
      .first()
      .click();
    await expect(page.getByText(`Only lines of ${id}`)).toBeVisible();
    await expect(page.getByRole('table', { name: 'Lines of the bill' }).getByRole('row').nth(1)).toContainText(id);
    await page.getByRole('button', { name: 'Lines of all resources' }).click();
    await expect(page).not.toHaveURL(/resource=/);
  });

  test('says so when there is nothing, and closes by Escape', async ({ amadeus, page }) => {
    await amadeus.open('finops/budgets');
    const field = page.getByRole('combobox', { name: 'Search everything' });
    await field.fill('qqqqzzzz');
    await expect(page.getByText(/Nothing that you may see is called “qqqqzzzz”/)).toBeVisible();
    await field.press('Escape');
    await expect(page.getByText(/Nothing that you may see/)).toHaveCount(0);
  });

  test('is accessible with its list open, and fits a phone', async ({ amadeus, page }) => {
    test.slow();
    await page.setViewportSize({ width: 360, height: 800 });
    await amadeus.open('finops/explore');
    await expect(amadeus.sentence).toBeVisible();
    await page.getByRole('combobox', { name: 'Search everything' }).fill('a');
    await expect(page.getByRole('option').first()).toBeVisible();
    expect(await amadeus.accessibilityFaults()).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

test.describe('saved views', () => {
  test('keep what is looked at, open it again, and go', async ({ amadeus, page }) => {
    test.slow();
    const name = `By model ${Date.now()}`;
    await amadeus.open('finops/explore', '?group=x_Model&group=x_Team&chart=treemap&from=now-7d&to=now');
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill(name);
    await page.getByRole('button', { name: 'Save the view' }).click();
    await expect(page.getByText(`You are looking at ${name}`)).toBeVisible();
    await amadeus.open('finops/explore', '?group=ProviderName');
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('button', { name: `Open ${name}` }).click();
    await expect(page).toHaveURL(/chart=treemap/);
    await expect(page).toHaveURL(/from=now-7d/);
    await expect(page.getByRole('figure', { name: 'Spend by Model and Team' })).toBeVisible();
    await page.getByRole('combobox', { name: 'Search everything' }).fill(name);
    await expect(page.getByRole('option', { name: /Saved view/ })).toHaveAttribute(
      'href',
      new RegExp(`${app}/finops/explore\\?.*chart=treemap`),
    );
    await page.getByRole('combobox', { name: 'Search everything' }).press('Escape');
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('button', { name: `Delete ${name}` }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(page.getByRole('button', { name: `Open ${name}` })).toHaveCount(0);
  });
});

test.describe('spend by two dimensions', () => {
  test('as a treemap: a cell is opened by keyboard and narrows to both of its values', async ({ amadeus, page }) => {
    await amadeus.open('finops/explore', '?group=ProviderName&group=x_Team');
    await page.getByRole('radio', { name: 'Treemap' }).check({ force: true });
    await expect(page).toHaveURL(/chart=treemap/);
    const map = page.getByRole('group', { name: 'Spend by Provider and Team' });
    const cell = map.getByRole('button', { name: / \/ .*: \$/ }).first();
    await expect(cell).toBeVisible();
    await cell.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/filter=ProviderName/);
    await expect(page).toHaveURL(/filter=x_Team/);
    await page.goBack();
    await expect(map).toBeVisible();
  });

  test('as bars, as a table, and with every way on that other charts have', async ({ amadeus, page }) => {
    await amadeus.open('finops/explore', '?group=x_Team&group=ServiceName&chart=bars');
    const chart = page.getByRole('figure', { name: 'Spend by Team and Service' });
    await expect(chart.getByRole('button', { name: / \/ .*: \$/ }).first()).toBeVisible();
    await chart.getByRole('button', { name: /^Menu for/ }).click();
    for (const name of ['Explore', 'Add to dashboard', 'New alert rule', 'Copy data'])
      await expect(page.getByRole('menuitem', { name })).toBeVisible();
    await page.getByRole('menuitem', { name: 'Show as table' }).click();
    await expect(chart.getByRole('columnheader', { name: 'Service' })).toBeVisible();
  });

  for (const chart of ['bars', 'treemap']) {
    test(`${chart} are accessible and fit a phone`, async ({ amadeus, page }) => {
      test.slow();
      await page.setViewportSize({ width: 360, height: 800 });
      await amadeus.open('finops/explore', `?chart=${chart}`);
      await expect(page.getByRole('figure', { name: /^Spend by/ })).toBeVisible();
      expect(await amadeus.accessibilityFaults()).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
});

test.describe('the link in a message about a report', () => {
  test('opens the report and says why the file cannot be had', async ({ amadeus, page }) => {
    await amadeus.open('finops/showback', '?report=999999&file=export-999999');
    await expect(page.getByText('You may not see this file, or it is gone')).toBeVisible();
    await expect(page.getByText('The report that it was made from has been deleted since.')).toBeVisible();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await expect(page).not.toHaveURL(/file=/);
  });

  test('leads to the file', async ({ amadeus, page }) => {
    const call = '/api/plugin-proxy/mureon-amadeus-app/service/api';
    const definition = { levels: ['x_Team'], period: { range: '30d' } };
    const name = `Linked ${Date.now()}`;
    const saved = await page.request.post(`${call}/showback/reports`, { data: { name, definition } });
    const { id } = (await saved.json()) as { id: number };
    const ordered = await page.request.get(`${call}/showback/reports/${id}/download?format=csv&async=true`);
    const { id: file } = (await ordered.json()) as { id: string };
    await amadeus.open('finops/showback', `?report=${id}&file=${file}`);
    const button = page.getByRole('button', { name: /^Download / });
    await expect(button).toBeVisible();
    const download = page.waitForEvent('download');
    await button.click();
    expect((await download).suggestedFilename()).toMatch(/^Linked.*\.csv$/);
    await expect(page).toHaveURL(/levels=x_Team(&|$)/);
    await page.request.delete(`${call}/showback/reports/${id}`);
  });
});
