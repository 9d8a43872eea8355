import { expect, test } from '../fixtures.ts';

const type = 'mureon-amadeus-datasource';

test.describe('the data source', () => {
  test('Save & test says that it works', async ({ gotoDataSourceConfigPage }) => {
    const config = await gotoDataSourceConfigPage('amadeus');
    await expect(config.saveAndTest()).toBeOK();
  });

  test('Save & test names a service that is not there', async ({ createDataSourceConfigPage, page }) => {
    const config = await createDataSourceConfigPage({ type });
    await page.getByLabel('Service URL').fill('http://127.0.0.1:9');
    await expect(config.saveAndTest()).not.toBeOK();
    await expect(config).toHaveAlert('error', { hasText: /cannot be reached/ });
  });

  test('a new panel draws traffic at once', async ({ panelEditPage }) => {
    await panelEditPage.datasource.set('Amadeus');
    await expect(panelEditPage.refreshPanel()).toBeOK();
  });

  test('a panel shows spend', async ({ panelEditPage, page }) => {
    await panelEditPage.datasource.set('Amadeus');
    await panelEditPage.setVisualization('Table');
    await page.getByRole('radio', { name: 'Cost' }).check({ force: true });
    await expect(panelEditPage.refreshPanel()).toBeOK();
  });

  test('Explore has its editor', async ({ explorePage, page }) => {
    await explorePage.datasource.set('Amadeus');
    await expect(page.getByRole('radio', { name: 'Traffic' })).toBeChecked();
    await expect(explorePage.runQuery()).toBeOK();
  });
});
