import { expect, test } from '../fixtures.ts';

test.describe('the configuration page', () => {
  test('tests the connection step by step', async ({ page }) => {
    await page.goto('/plugins/mureon-amadeus-app');
    // The first page of the run: Grafana has loaded nothing yet.
    await expect(page.getByLabel('Service URL')).not.toHaveValue('', { timeout: 90_000 });
    await page.getByRole('button', { name: 'Save & test' }).click();
    await expect(page.getByTestId('amadeus-checks')).toContainText('Service reached');
    await expect(page.getByTestId('amadeus-checks')).toContainText('Token accepted');
  });
});
