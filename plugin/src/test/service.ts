import { of, throwError } from 'rxjs';

export interface Call {
  method: string;
  path: string;
  search: URLSearchParams;
  body: unknown;
}

type Answer = object | ((call: Call) => object);

/** A service whose answers a test writes down by path; it records what it was asked. Use as Grafana's backend. */
export class FakeService {
  readonly calls: Call[] = [];
  private readonly answers = new Map<string, Answer>();

  answer(path: string, answer: Answer): this {
    this.answers.set(path, answer);
    return this;
  }

  /** Makes a path fail as the service would say it. */
  fail(path: string, status: number, problem: object = {}): this {
    return this.answer(path, () => Object.assign(new Error('refused'), { status, data: problem }));
  }

  fetch = (request: { url: string; method?: string; data?: unknown }) => {
    const url = new URL(request.url, 'http://grafana');
    const path = url.pathname.replace('/api/plugin-proxy/mureon-amadeus-app/service', '');
    const call = { method: request.method ?? 'GET', path, search: url.searchParams, body: request.data };
    this.calls.push(call);
    const known = this.answers.get(path);
    const answer = typeof known === 'function' ? (known as (call: Call) => object)(call) : known;
    if (answer === undefined) return throwError(() => Object.assign(new Error('no route'), { status: 404, data: {} }));
    return answer instanceof Error ? throwError(() => answer) : of({ data: answer, status: 200 });
  };
}
