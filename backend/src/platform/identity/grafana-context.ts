import type { GrafanaMember } from './grafana-token.ts';

/** Longest X-Grafana-Context that is read. */
const maxLength = 16 * 1024;
const maxTeams = 200;

/**
 * Teams of a member out of `X-Grafana-Context`, as words. The header is not signed: read it only of callers that hold the
 * app's token, and only where it speaks of the same member as the verified identity token. Roles in it are never read.
 * @returns undefined where the header says nothing about that member's teams.
 */
export function teamsInContext(header: string | undefined, member: GrafanaMember): string[] | undefined {
  if (header === undefined || header.length > maxLength) return undefined;
  let context: unknown;
  try {
    context = JSON.parse(header);
  } catch {
    return undefined;
  }
  if (typeof context !== 'object' || context === null) return undefined;
  const { UserID: id, UserUID: uid, Teams: teams } = context as Record<string, unknown>;
  const sameId = isWord(id) && `user:${id}` === member.subject;
  const sameUid = typeof uid === 'string' && uid !== '' && uid === member.uid;
  if ((!sameId && !sameUid) || (teams !== null && !Array.isArray(teams))) return undefined;
  if (teams === null) return [];
  return teams.slice(0, maxTeams).filter(isWord).map(String);
}

function isWord(value: unknown): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && value !== '');
}
