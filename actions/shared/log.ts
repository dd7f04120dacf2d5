import type { SourceLocation } from './errors.js';

/**
 * Where progress and messages go; the GitHub adapter is `actionsLogger` in `./actions-log.ts`.
 * Text is data: an adapter must keep it from being read as a workflow command.
 */
export interface Logger {
  info(message: string): void;
  debug(message: string): void;
  notice(message: string): void;
  warning(message: string, at?: SourceLocation): void;
  error(message: string, at?: SourceLocation): void;
  /** Folds the lines printed by `body` under `title`. Groups do not nest. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
}
