import { declaredRoutes, type App } from '../platform/http/index.ts';
import { permissions, rolePermissions, roles } from '../platform/identity/index.ts';

/**
 * Two tables in Markdown: every route of the service with the permission it needs, and every permission with the roles
 * that have it. docs/permissions.md is this text; a test compares both.
 */
export function permissionTable(app: App): string {
  const routes = declaredRoutes(app).map((route) => [
    `\`${route.method} ${route.url}\``,
    route.permission === 'public' || route.permission === 'authenticated'
      ? route.permission
      : `\`${route.permission}\``,
    route.summary,
  ]);
  const grants = permissions.map((permission) => [
    `\`${permission}\``,
    ...roles.map((role) => (rolePermissions[role].includes(permission) ? 'yes' : '')),
  ]);
  return [
    '# Routes and permissions',
    '',
    '<!-- Generated from the routes of the service; do not edit. -->',
    '',
    '`public` needs nothing, `authenticated` a known caller of any kind. The data source has every `...:read` that a viewer',
    'has; `internal` belongs to nodes of the system; an API key has the permissions that it was made with.',
    '',
    ...table(['route', 'permission', 'what it does'], routes),
    '',
    '## Roles',
    '',
    ...table(['permission', ...roles], grants),
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
