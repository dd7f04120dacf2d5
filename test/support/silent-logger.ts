import type { Logger } from '../../actions/shared/log.js';

/** A logger for code whose messages a test does not look at. */
export const silentLogger: Logger = {
  info: () => undefined,
  debug: () => undefined,
  notice: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  group: (_title, body) => body(),
};
