/** Files that hold data, packed or not; what else lies in a folder (manifests, markers, notes) is left alone. */
const dataFile = /\.(?:csv|tsv|json|ndjson|jsonl|parquet)(?:\.(?:gz|gzip|zst))?$|\.csv\.gzip$/i;
const noData = /(?:^|\/)(?:[._]|.*manifest\.json(?:\.gz)?$|_SUCCESS$)/i;

/** Whether an object's name matches: `*` within a folder, `**` across folders, `?`, `{a,b}`. Without a pattern: data files. */
export function nameMatcher(pattern: string | undefined): (key: string) => boolean {
  if (pattern === undefined || pattern === '') return (key) => dataFile.test(key) && !noData.test(key);
  const expression = new RegExp(`(?:^|/)${translated(pattern)}$`, 'i');
  return (key) => expression.test(key) && !isManifest(key);
}

/** Manifests say which files make one report: `report-Manifest.json`, `manifest.json`. */
export function isManifest(key: string): boolean {
  return /(?:^|[/_-])manifest\.json$/i.test(key);
}

function translated(pattern: string): string {
  let braces = 0;
  return pattern.replace(/\*\*\/?|[*?{},.+^$()|[\]\\]/g, (sign) => {
    if (sign.startsWith('**')) return '.*';
    if (sign === '*') return '[^/]*';
    if (sign === '?') return '[^/]';
    if (sign === '{') return (braces += 1) > 0 ? '(?:' : '';
    if (sign === '}' && braces > 0) {
      braces -= 1;
      return ')';
    }
    if (sign === ',' && braces > 0) return '|';
    return sign === ',' ? ',' : `\\${sign}`;
  });
}
