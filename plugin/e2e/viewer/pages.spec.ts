import { expect, test } from '../fixtures.ts';

test.describe('a viewer', () => {
  test('sees the overview', async ({ amadeus }) => {
    await amadeus.open('overview');
    await expect(amadeus.sentence).toContainText(/\d/);
  });

  test('is not offered what would be refused', async ({ amadeus, page }) => {
    await amadeus.open('traffic');
    const chart = page.getByRole('figure', { name: /Requests a minute/ });
    await chart.getByRole('button', { name: /^Menu for panel/ }).click();
    await expect(page.getByRole('menuitem', { name: 'Copy data' })).toBeVisible();
    await expect(page.getByRole('menuitem', { name: 'New alert rule' })).toHaveCount(0);
    await expect(page.getByRole('menuitem', { name: 'Add to dashboard' })).toHaveCount(0);
  });

  test('sees what fell over and how workloads are scaled, with nothing to press that would be refused', async ({
    amadeus,
    page,
  }) => {
    await amadeus.open('traffic/healing');
    await expect(amadeus.sentence).toContainText(/\d/);
    await expect(page.getByRole('button', { name: 'Add a pattern' })).toHaveCount(0);
    await amadeus.open('traffic/events');
    await expect(amadeus.sentence).toBeVisible();
    await expect(page.getByRole('button', { name: 'New event' })).toHaveCount(0);
    await amadeus.open('traffic/load', '?show=forecaster');
    const drawer = page.getByRole('dialog');
    await expect(drawer.getByRole('heading', { name: 'Who foresees it' })).toBeVisible();
    await expect(drawer.getByRole('button', { name: /^Pin / })).toHaveCount(0);
  });

  test('is not led to the configuration', async ({ amadeus, page }) => {
    await amadeus.serviceAnswers(502, {});
    await amadeus.open('overview');
    await expect(page.getByText('The Amadeus service does not answer')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Open the configuration' })).toHaveCount(0);
  });
});
