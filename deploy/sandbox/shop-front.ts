import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox } from './sandbox.ts';

/** What one page asks of each service. */
type Page = Readonly<Record<string, number>>;

const browsing = { frontend: 1, currencyservice: 1, cartservice: 1 };
const pages = {
  home: { ...browsing, productcatalogservice: 1, currencyservice: 9, adservice: 1 },
  product: { ...browsing, productcatalogservice: 2, currencyservice: 2, recommendationservice: 1, adservice: 1 },
  cart: { ...browsing, productcatalogservice: 2, recommendationservice: 1 },
  change: { frontend: 1, cartservice: 1, productcatalogservice: 1 },
  currency: { frontend: 1 },
  checkout: { ...browsing, checkoutservice: 1, productcatalogservice: 2, recommendationservice: 1 },
} satisfies Record<string, Page>;

const services = [...new Set(Object.values(pages).flatMap((page) => Object.keys(page)))];
const mostCarts = 10_000;
const mostBodyBytes = 10_000;
/** The golden ratio's part behind the point: its multiples fill [0, 1) evenly, in the same order each time. */
const golden = 0.618_033_988_749_894_8;

/**
 * The shop's pages over HTTP, as Online Boutique has them: people, or Locust, visit them, and what they ask is the load of the
 * shop's pods. An answer takes as long as the pods of the frontend make it wait; without any there is none.
 */
export class ShopFront {
  readonly #sandbox: Sandbox;
  readonly #namespace: string;
  readonly #asked = new Map<string, { count: number; since: number }>();
  readonly #carts = new Map<string, number>();
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response).catch(() => response.destroy());
  });
  #answered = 0;

  /** The shop is open in the cluster already (`openShop`); from now on its visits are those that really come. */
  constructor(sandbox: Sandbox, namespace = 'shop') {
    this.#sandbox = sandbox;
    this.#namespace = namespace;
    // People look at a page for some seconds: their connection is not cut off while they send the next request.
    this.#server.keepAliveTimeout = 60_000;
    for (const workload of services) {
      this.#asked.set(workload, { count: 0, since: sandbox.now() });
      sandbox.serve({ namespace, workload, rate: (at) => this.#rate(workload, at) });
    }
  }

  /** @returns the address of the shop */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Pages that were answered, refused ones among them. */
  get answered(): number {
    return this.#answered;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Requests a second since it was last asked for. */
  #rate(workload: string, at: number): number {
    const asked = this.#asked.get(workload)!;
    const seconds = (at - asked.since) / 1000;
    const rate = seconds > 0 ? asked.count / seconds : 0;
    this.#asked.set(workload, { count: 0, since: at });
    return rate;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const { pathname } = new URL(request.url ?? '/', 'http://shop');
    const found = this.#route(request.method ?? 'GET', pathname, new URLSearchParams(body), sessionOf(request));
    if (!found) return void response.writeHead(404).end('There is no such page.\n');
    for (const [service, count] of Object.entries(found.page)) this.#asked.get(service)!.count += count;
    this.#answered += 1;
    const { now } = this.#sandbox.counters(this.#namespace, 'frontend') ?? {};
    const share = (this.#answered * golden) % 1;
    const refused = now ? now.refused / Math.max(1e-9, now.refused + now.served) : 0;
    if (!now || now.utilisation === Number.POSITIVE_INFINITY || share < refused) {
      return void response.writeHead(503).end('Nobody is there to answer.\n');
    }
    await delay(1000 * now.latency.quantile(Math.min(share, 0.999)));
    const headers = { 'set-cookie': `shop_session-id=${found.session}; Path=/` };
    if (found.to !== undefined) response.writeHead(302, { ...headers, location: found.to }).end();
    else response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(`<h1>${found.title}</h1>\n`);
  }

  /** What is asked for; undefined where the shop has no such page. */
  #route(
    method: string,
    path: string,
    form: URLSearchParams,
    known: string | undefined,
  ): { page: Page; title: string; session: string; to?: string } | undefined {
    const session = known ?? randomBytes(8).toString('hex');
    const items = this.#carts.get(session) ?? 0;
    const shown = (page: Page, title: string) => ({ page, title, session });
    switch (`${method} ${path.replace(/^\/product\/[A-Z0-9]+$/, '/product')}`) {
      case 'GET /':
        return shown(pages.home, 'Hot products');
      case 'GET /product':
        return shown(pages.product, path.slice('/product/'.length));
      case 'GET /cart':
        return shown(pages.cart, `Cart (${items})`);
      case 'POST /setCurrency':
        return { ...shown(pages.currency, ''), to: '/' };
      case 'POST /cart':
        if (this.#carts.size >= mostCarts) this.#carts.clear();
        this.#carts.set(session, items + Number(form.get('quantity') ?? '1'));
        return { ...shown(pages.change, ''), to: '/cart' };
      case 'POST /cart/checkout':
        this.#carts.delete(session);
        return items > 0 ? shown(pages.checkout, 'Your order is complete!') : undefined;
      default:
        return undefined;
    }
  }
}

function sessionOf(request: IncomingMessage): string | undefined {
  return /shop_session-id=([0-9a-f]{16})/.exec(request.headers.cookie ?? '')?.[1];
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > mostBodyBytes) throw new Error('too long');
  }
  return body;
}
