import { expect, test } from '../fixtures.ts';

test.describe('the configuration page', () => {
  test('tests the connection step by step', async ({ page }) => {
    await page.goto('/plugins/mureon-amadeus-app');
    await expect(page.getByLabel('Service URL')).not.toHaveValue('');
    await page.getByRole('button', { name: 'Save & test' }).click();
    await expect(page.getByTestId('amadeus-checks')).toContainText('Service reached');
    await expect(page.getByTestId('amadeus-checks')).toContainText('Token accepted');
  });
});
