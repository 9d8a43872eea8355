/**
 * Takes secrets out of a line of log. It works on the JSON text and not on the objects, so that it reaches every depth,
 * the messages and stacks of errors, and what libraries log by themselves.
 */

const mark = '[redacted]';

/** Keys whose value is a secret. `tokens`, `inputTokens` and the like count words and stay. */
const secretKey =
  /"(?:[^"\\]*(?:authorization|cookies?|passw(?:or)?d|passphrase|secret|token|api[-_]?key|routing[-_]?key|integration[-_]?key|private[-_]?key|webhook[-_]?url|x-grafana-id|credentials?))"\s*:\s*(?:"(?:[^"\\]|\\.)*"|\[[^\]]{0,2000}\]|\{[^{}]*\}|-?\d[\d.eE+-]*)/gi;

const inText: readonly [RegExp, string][] = [
  // User and password of an address: postgres://user:password@host. The scheme is bounded, as an open-ended one would be
  // tried from each letter of a long word, which takes half a minute on 100 kB.
  [/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'@\\]+@/gi, `$1${mark}@`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/g, `$1 ${mark}`],
  // JSON Web Tokens, wherever they stand; bounded for the same reason.
  [/\beyJ[A-Za-z0-9_-]{5,400}\.[A-Za-z0-9_-]{5,8000}\.[A-Za-z0-9_-]*/g, mark],
  // The path of a Slack webhook is its password.
  [/(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[A-Za-z0-9/_-]+/gi, `$1${mark}`],
  [
    /([?&](?:access_token|token|api_?key|key|secret|password|sig|signature|x-amz-signature)=)[^&\s"'\\]+/gi,
    `$1${mark}`,
  ],
];

/** The same line with every known kind of secret replaced by `[redacted]`; valid JSON stays valid JSON. */
export function redactLine(line: string): string {
  return redactText(line.replace(secretKey, (found) => `${found.slice(0, found.indexOf('":') + 1)}:"${mark}"`));
}

/** Plain text with secrets in addresses, headers and tokens replaced. */
export function redactText(text: string): string {
  return inText.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}
