/** What a manifest says about the report beside it. */
export interface ReportManifest {
  /** Names of the data files as the manifest writes them. */
  files?: readonly string[];
  /** The folder below the manifest's own that counts (CloudZero's drops). */
  folder?: string;
}

/**
 * Reads the manifests of AWS (Cost and Usage Report: `reportKeys`; Data Exports: `dataFiles`), Azure exports (`blobs`) and
 * CloudZero drops (`current_drop_id`). Undefined for other JSON and for what is none.
 */
export function readManifest(text: string): ReportManifest | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const manifest = parsed as Record<string, unknown>;
  if (typeof manifest['current_drop_id'] === 'string') return { folder: manifest['current_drop_id'] };
  const listed = manifest['reportKeys'] ?? manifest['dataFiles'] ?? manifest['data_files'] ?? manifest['blobs'];
  if (!Array.isArray(listed)) return undefined;
  const files = listed.map(fileName).filter((name) => name !== undefined);
  return files.length === listed.length ? { files } : undefined;
}

function fileName(entry: unknown): string | undefined {
  const name =
    typeof entry === 'object' && entry !== null
      ? ((entry as Record<string, unknown>)['blobName'] ?? (entry as Record<string, unknown>)['key'])
      : entry;
  return typeof name === 'string' ? name.replace(/^(?:s3|gs):\/\/[^/]+\//, '').replace(/^\/+/, '') : undefined;
}
