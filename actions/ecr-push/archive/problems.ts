import { UserError } from '../../shared/errors.js';

/** The archive cannot be pushed as it is; `code` says why, nothing was touched. */
export function archiveError(
  code:
    | 'archive-not-found'
    | 'archive-not-readable'
    | 'archive-not-an-image'
    | 'archive-ambiguous'
    | 'archive-corrupt'
    | 'archive-digest-mismatch',
  path: string,
  message: string,
  hint?: string,
): UserError {
  return new UserError({
    code,
    message: `${path}: ${message}`,
    at: { input: 'archive' },
    ...(hint === undefined ? {} : { hint }),
  });
}
