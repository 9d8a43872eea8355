import { Exception } from './exception-status.ts';
import { addField, type ClickHouseRequest } from './request.ts';

/**
 * Takes statement and parameters out of a multipart/form-data body, the form in which clients send parameters that are too
 * long for a URL. Returns the statement. Throws for external tables (parts that are files).
 */
export function readForm(contentType: string, body: string, request: ClickHouseRequest): string {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) throw new Exception(36, 'BAD_ARGUMENTS', 'The form names no boundary.');
  let statement = request.query;
  for (const part of body.split(`--${boundary}`).slice(1, -1)) {
    const separator = part.indexOf('\r\n\r\n');
    const head = part.slice(0, separator);
    const value = part.slice(separator + 4, -2);
    const name = /;\s*name="([^"]*)"/i.exec(head)?.[1];
    if (separator < 0 || name === undefined)
      throw new Exception(36, 'BAD_ARGUMENTS', 'A part of the form has no name.');
    if (/;\s*filename=/i.test(head)) throw new Exception(48, 'NOT_IMPLEMENTED', 'External tables are not spoken here.');
    if (name === 'query') statement = value;
    else addField(name, value, request.settings, request.params);
  }
  if (statement === undefined) throw new Exception(62, 'SYNTAX_ERROR', 'Empty query: the form has no part `query`.');
  return statement;
}
