/** Every way in which a request can fail, known to the BFF and the panel alike. */
export type ErrorCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'invalid_input'
  | 'not_found'
  | 'wrong_method'
  | 'gone'
  | 'conflict'
  | 'account_required'
  | 'account_expired'
  | 'rate_limited'
  | 'tool_refused'
  | 'tool_busy'
  | 'tool_down'
  | 'not_verified'
  | 'too_large'
  | 'unavailable'
  | 'internal';

/** HTTP status of each code. */
export const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  invalid_input: 422,
  not_found: 404,
  wrong_method: 405,
  gone: 410,
  conflict: 409,
  account_required: 403,
  account_expired: 403,
  rate_limited: 429,
  tool_refused: 422,
  tool_busy: 503,
  tool_down: 502,
  not_verified: 401,
  too_large: 413,
  unavailable: 503,
  internal: 500,
};

/** The body of every answer that is not a success. `message` is for people and names the next step; `id` finds the log lines. */
export interface WireError {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly id: string;
    readonly details?: unknown;
  };
}
