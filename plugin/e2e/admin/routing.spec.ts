import { expect, test } from '../fixtures.ts';

const overview = {
  ...{ from: '2026-11-20T00:00:00Z', to: '2026-11-20T06:00:00Z', currency: 'USD', choices: [], notices: [] },
  ...{ providers: [], port: 4290 },
  total: {
    ...{ calls: 0, answered: 0, cancelled: 0, failed: 0, tries: 0, failedTries: 0, unpriced: 0, cacheHits: 0 },
    ...{ inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, cost: '0', saved: '0' },
  },
};

test.describe('Routing', () => {
  test('says what to do where no provider is configured, and where nothing was called', async ({ amadeus, page }) => {
    await amadeus.pathAnswers('/api/routing/overview', { ...overview, state: 'off' });
    await amadeus.open('routing/overview');
    await expect(page.getByText('listens on port 4290')).toBeVisible();
    await amadeus.pathAnswers('/api/routing/overview', { ...overview, state: 'no-calls' });
    await page.reload();
    await page.getByRole('link', { name: 'Make a key' }).click();
    await expect(page).toHaveURL(/routing\/keys/);
  });

  test('tells the secret of a key once, and takes the key back', async ({ amadeus, page }) => {
    const name = `end to end ${Date.now()}`;
    await amadeus.open('routing/keys');
    await page.getByRole('button', { name: 'New key' }).first().click();
    await page.getByRole('button', { name: 'Make the key' }).click();
    await expect(page.getByText('Give it a name that people know')).toBeVisible();
    await page.getByLabel('What it is for').fill(name);
    await page.getByRole('button', { name: 'Make the key' }).click();
    await expect(page.getByLabel('Secret')).toHaveValue(/^amk_/);
    await page.getByRole('button', { name: 'I have put it away safely' }).click();
    await page.getByRole('button', { name: `Revoke ${name}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText('Revoked');
  });

  test('keeps a policy as a form and as YAML in step, and throws a draft away', async ({ amadeus, page }) => {
    const name = `e2e-${Date.now()}`;
    await amadeus.open('routing/policies');
    await page.getByRole('button', { name: 'New policy' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Models that callers ask for').fill(`${name}-model`);
    await page.getByLabel('Provider').fill('nobody');
    await page.getByLabel('Model', { exact: true }).fill('m');
    await expect(page.getByLabel('The same as YAML')).toHaveValue(new RegExp(`${name}-model`));
    await page.getByRole('button', { name: 'Save the draft' }).click();
    await expect(page.getByRole('region', { name: 'The draft' })).toBeVisible();
    await expect(page).toHaveURL(new RegExp(`policy=${name}`));
    await page.getByRole('button', { name: 'Throw it away' }).click();
    await expect(page.getByRole('region', { name: 'The draft' })).toHaveCount(0);
  });
});
