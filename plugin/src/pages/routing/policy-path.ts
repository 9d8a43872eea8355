/** Where a policy is read. */
export function policyPath(name: string): string {
  return `/api/routing/policies/${encodeURIComponent(name)}`;
}
