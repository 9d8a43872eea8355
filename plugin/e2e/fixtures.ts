import AxeBuilder from '@axe-core/playwright';
import { expect, test as base } from '@grafana/plugin-e2e';
import type { Page } from '@playwright/test';

const app = '/a/mureon-amadeus-app';
const service = '**/api/plugin-proxy/mureon-amadeus-app/service/**';

/** Every page, by its address below the app. */
export const pageNames = [
  'overview',
  'finops/summary',
  'finops/explore',
  'finops/units',
  'finops/showback',
  'finops/budgets',
  'traffic/load',
  'traffic/healing',
  'traffic/events',
  'routing/overview',
  'routing/policies',
  'routing/experiments',
  'routing/keys',
  'routing/live',
  'data/sources',
  'data/prices',
  'data/tag-rules',
] as const;

/** What a person does with the pages of the app. */
export class AmadeusPages {
  constructor(readonly page: Page) {}

  /** `traffic`: an area by its own address, which shows its first page. */
  async open(name: (typeof pageNames)[number] | 'traffic', search = '') {
    await this.page.goto(`${app}/${name}${search}`);
  }

  get sentence() {
    return this.page.getByTestId('amadeus-sentence');
  }

  /** Opens the page anew until `seen` holds: for what is counted after the service has started, on a machine that is slow. */
  async openUntil(name: (typeof pageNames)[number], search: string, seen: () => Promise<void>) {
    await expect(async () => {
      await this.open(name, search);
      await seen();
    }).toPass({ timeout: 180_000, intervals: [1000, 5000] });
  }

  /** The same until its first sentence says `what`. */
  async openUntilItSays(name: (typeof pageNames)[number], search: string, what: string | RegExp) {
    await this.openUntil(name, search, () => expect(this.sentence).toContainText(what, { timeout: 60_000 }));
  }

  /** Lets every call of the pages to the service fail as Grafana or the service would say it. */
  async serviceAnswers(status: number, body: object) {
    await this.page.route(service, (route) =>
      route.fulfill({ status, contentType: 'application/problem+json', body: JSON.stringify(body) }),
    );
  }

  /** Lets one path answer with something else. */
  async pathAnswers(path: string, body: unknown) {
    await this.page.route(`${service.slice(0, -3)}${path}*`, (route) =>
      route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(body) }),
    );
  }

  /** Faults against WCAG 2 A and AA in what the app draws, on the page or in a drawer; Grafana's own frame is Grafana's. */
  async accessibilityFaults(within = 'main') {
    // Panels and pickers are Grafana's; their faults are not ours to mend.
    const result = await new AxeBuilder({ page: this.page })
      .include(within)
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
      .exclude('[data-testid^="data-testid Panel"]')
      .exclude('[data-testid="data-testid TimePicker Open Button"]')
      .exclude('[aria-label^="Choose refresh time interval"]')
      .exclude('[id^="downshift"][id$="-toggle-button"]')
      .analyze();
    return result.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
    );
  }
}

export const test = base.extend<{ amadeus: AmadeusPages }>({
  amadeus: async ({ page }, provide) => {
    await provide(new AmadeusPages(page));
  },
});

export { expect };
