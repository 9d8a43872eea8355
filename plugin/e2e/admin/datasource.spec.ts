import type { Page, Response } from '@playwright/test';

import { expect, test } from '../fixtures.ts';

const type = 'mureon-amadeus-datasource';

/** Refreshes the panel that is edited, with the whole test's time to do it: what a slow machine draws late is not a fault. */
async function refreshed(page: Page): Promise<Response> {
  const answered = page.waitForResponse((response) => response.url().includes('/api/ds/query'));
  await page.getByTestId('data-testid RefreshPicker run button').first().click();
  return answered;
}

test.describe('the data source', () => {
  test('Save & test says that it works', async ({ gotoDataSourceConfigPage, page }) => {
    await gotoDataSourceConfigPage('amadeus');
    // What is provisioned as read-only is tested without being saved.
    await page.getByRole('button', { name: /^(Save & test|Test)$/ }).click();
    await expect(page.getByText(/^Connected: \d+ workloads/)).toBeVisible();
  });

  test('Save & test names a service that is not there', async ({ createDataSourceConfigPage, page }) => {
    const config = await createDataSourceConfigPage({ type });
    await page.getByLabel('Service URL').fill('http://127.0.0.1:9');
    await expect(config.saveAndTest()).not.toBeOK();
    await expect(config).toHaveAlert('error', { hasText: /cannot be reached/ });
  });

  test('a new panel draws traffic at once', async ({ panelEditPage, page }) => {
    await panelEditPage.datasource.set('Amadeus');
    expect((await refreshed(page)).status()).toBe(200);
  });

  test('a panel shows spend', async ({ panelEditPage, page }) => {
    await panelEditPage.datasource.set('Amadeus');
    await panelEditPage.setVisualization('Table');
    await page.getByRole('combobox', { name: 'Show' }).click();
    await page.getByRole('option', { name: /^Cost/ }).click();
    expect((await refreshed(page)).status()).toBe(200);
  });

  test('Explore has its editor, and draws at once', async ({ page }) => {
    const pane = {
      datasource: 'amadeus',
      queries: [{ refId: 'A', queryType: 'traffic', datasource: { type, uid: 'amadeus' } }],
      range: { from: 'now-1h', to: 'now' },
    };
    const answered = page.waitForResponse((response) => response.url().includes('/api/ds/query'));
    await page.goto(`/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify({ a: pane }))}`);
    expect((await answered).status()).toBe(200);
    await expect(page.getByRole('combobox', { name: 'Show' })).toHaveValue('Traffic');
  });
});
