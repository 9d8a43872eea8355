/** HTTP status for the number of a ClickHouse exception, as the server chooses it. Anything else: 500. */
const statusOfCode: Readonly<Record<number, number>> = {
  6: 400, // CANNOT_PARSE_TEXT
  26: 400, // CANNOT_PARSE_QUOTED_STRING
  27: 400, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  36: 400, // BAD_ARGUMENTS
  38: 400, // CANNOT_PARSE_DATE
  41: 400, // CANNOT_PARSE_DATETIME
  43: 400, // ILLEGAL_TYPE_OF_ARGUMENT
  46: 404, // UNKNOWN_FUNCTION
  47: 404, // UNKNOWN_IDENTIFIER
  48: 501, // NOT_IMPLEMENTED
  50: 404, // UNKNOWN_TYPE
  53: 400, // TYPE_MISMATCH
  60: 404, // UNKNOWN_TABLE
  62: 400, // SYNTAX_ERROR
  69: 400, // ARGUMENT_OUT_OF_BOUND
  70: 400, // CANNOT_CONVERT_TYPE
  72: 400, // CANNOT_PARSE_NUMBER
  73: 400, // UNKNOWN_FORMAT
  81: 404, // UNKNOWN_DATABASE
  115: 404, // UNKNOWN_SETTING
  117: 400, // INCORRECT_DATA
  159: 408, // TIMEOUT_EXCEEDED
  164: 403, // READONLY
  202: 503, // TOO_MANY_SIMULTANEOUS_QUERIES
  223: 413, // QUERY_IS_TOO_LARGE
  372: 404, // SESSION_NOT_FOUND
  456: 400, // UNKNOWN_QUERY_PARAMETER
  457: 400, // BAD_QUERY_PARAMETER
  497: 403, // ACCESS_DENIED
  516: 403, // AUTHENTICATION_FAILED
};

/** A failure with the number and the name that ClickHouse gives it; the message reads as the server's own. */
export class Exception extends Error {
  readonly code: number;
  readonly status: number;

  constructor(code: number, type: string, text: string) {
    super(`Code: ${code}. DB::Exception: ${text} (${type})`);
    this.name = 'Exception';
    this.code = code;
    this.status = statusOfCode[code] ?? 500;
  }
}

/** The HTTP answer to whatever was thrown: the engine's errors carry `Code: N.` in their text. */
export function describeFailure(error: unknown): { status: number; code: number; message: string } {
  if (error instanceof Exception) return { status: error.status, code: error.code, message: error.message };
  const thrown = error as NodeJS.ErrnoException;
  if (thrown.code === 'ENOSPC') {
    return {
      status: 500,
      code: 243,
      message: `Code: 243. DB::Exception: ${thrown.message}: free disk space and repeat it. (NOT_ENOUGH_SPACE)`,
    };
  }
  const message = String(thrown.message ?? error).replace(/^Query failed: /, '');
  const code = Number(/Code: (\d+)\./.exec(message)?.[1] ?? 1002);
  const text = code === 1002 ? `Code: 1002. DB::Exception: ${message} (UNKNOWN_EXCEPTION)` : message;
  return { status: statusOfCode[code] ?? 500, code, message: text };
}
