import type { RouteOptions } from 'fastify';
import type { App, RoutePermission } from './app.ts';

export interface DeclaredRoute {
  method: string;
  /** Pattern such as `/api/keys/:id`. */
  url: string;
  permission: RoutePermission;
  summary: string;
  /** Parts of the documentation that the route lacks. */
  undocumented: readonly string[];
}

const decorator = 'declaredRoutes';
/** Pages of the API documentation are declared by a plugin that knows nothing of permissions. */
export const documentationPrefix = '/api/docs';

/**
 * Notes every route with the permission it needs. A route that names none throws while it is declared, and the service
 * does not start.
 */
export function registerRoutePermissions(app: App): void {
  const routes: DeclaredRoute[] = [];
  app.decorate(decorator, routes);
  app.addHook('onRoute', (route) => {
    if (isDocumentation(route.url)) route.config = { permission: 'public', ...route.config };
    const permission = route.config?.permission;
    const methods = Array.isArray(route.method) ? route.method : [route.method];
    if (permission === undefined) {
      throw new Error(
        `The route ${methods.join(',')} ${route.url} names no permission: add config: { permission: '...' } to it ` +
          "(one of platform/identity/contract.ts, 'authenticated' or 'public').",
      );
    }
    for (const method of methods) {
      if (method === 'HEAD' || isDocumentation(route.url)) continue;
      routes.push({ method, url: route.url, permission, ...documentationOf(route) });
    }
  });
}

/** Every route with its permission, by address and method. HEAD and the documentation's own pages are left out. */
export function declaredRoutes(app: App): readonly DeclaredRoute[] {
  const routes = app.getDecorator<readonly DeclaredRoute[]>(decorator);
  return [...routes].sort((a, b) => compare(a.url, b.url) || compare(a.method, b.method));
}

/** Methods that the address takes; none where there is no such address. */
export function methodsAt(app: App, path: string): string[] {
  const parts = segments(path);
  const found = declaredRoutes(app).filter((route) => matches(segments(route.url), parts));
  return [...new Set(found.map((route) => route.method))];
}

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.at(-1) === '*') return parts.length >= pattern.length - 1;
  return pattern.length === parts.length && pattern.every((part, i) => part.startsWith(':') || part === parts[i]);
}

function segments(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function isDocumentation(url: string): boolean {
  return url === documentationPrefix || url.startsWith(`${documentationPrefix}/`);
}

function documentationOf(route: RouteOptions): { summary: string; undocumented: string[] } {
  const schema = (route.schema ?? {}) as { summary?: string; response?: unknown };
  const undocumented: string[] = [];
  if (!schema.summary) undocumented.push('summary');
  if (!schema.response) undocumented.push('response');
  return { summary: schema.summary ?? '', undocumented };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
