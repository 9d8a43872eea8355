import { scanSql, type SqlToken } from '../../sql/index.ts';

/**
 * How rows leave the engine. Its stream formats every block as a document of its own, so only formats without head, foot
 * or offsets may be streamed; documents of text are built in memory, all others in a file that is then sent.
 */
export type OutputWay = 'stream' | 'memory' | 'file';

const streamed = new Set([
  'JSONEachRow',
  'JSONLines',
  'NDJSON',
  'JSONStringsEachRow',
  'JSONCompactEachRow',
  'JSONCompactStringsEachRow',
  'CSV',
  'TabSeparated',
  'TSV',
  'TabSeparatedRaw',
  'TSVRaw',
  'Native',
  'RowBinary',
  'MsgPack',
  'BSONEachRow',
  'Protobuf',
  'Null',
]);

const inMemory =
  /^(JSON|JSONCompact|JSONStrings|JSONCompactStrings|JSONColumns|JSONCompactColumns|JSONColumnsWithMetadata|JSONObjectEachRow|XML|Vertical|Markdown|Pretty.*)$/;

const resultWords = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', '(']);

export interface Output {
  format: string;
  way: OutputWay;
  /** The same statement with its result written to a file of this machine. */
  intoFile(path: string): string;
}

/** What a statement's answer looks like; `defaultFormat` counts where the statement names none. */
export function readOutput(sql: string, defaultFormat: string): Output {
  const tokens = [...scanSql(sql, 'clickhouse')].filter(({ text, kind }) => kind !== 'mark' || text !== ';');
  const at = tokens.findLastIndex((token, index) => isWord(token, 'FORMAT') && tokens[index + 1]?.kind === 'word');
  const format = at < 0 ? defaultFormat : tokens[at + 1]!.text;
  const end = at < 0 ? (tokens.at(-1)?.end ?? 0) : tokens[at]!.start;
  const rest = at < 0 ? `FORMAT ${format}` : sql.slice(end, tokens.at(-1)!.end);
  return {
    format,
    way: wayOf(format, tokens),
    intoFile: (path) =>
      `${sql.slice(0, end)} INTO OUTFILE '${path.replace(/[\\']/g, '\\$&')}' COMPRESSION 'none' ${rest}`,
  };
}

function wayOf(format: string, tokens: readonly SqlToken[]): OutputWay {
  if (streamed.has(format)) return 'stream';
  const gives =
    resultWords.has(tokens[0]?.text.toUpperCase() ?? '') && !tokens.some((token) => isWord(token, 'INSERT'));
  return gives && !inMemory.test(format) ? 'file' : 'memory';
}

function isWord(token: SqlToken, text: string): boolean {
  return token.depth === 0 && token.kind === 'word' && token.text.toUpperCase() === text;
}
