import * as core from '@actions/core';
import type { SourceLocation } from './errors.js';
import type { Logger } from './log.js';

/**
 * The logger of a GitHub job.
 *
 * The runner reads any printed line that starts with `::` or `##[` as a command, so text that
 * others control is defused first (GitHub docs, "Workflow commands for GitHub Actions").
 */
export const actionsLogger: Logger = {
  info: (message) => core.info(defuseCommands(message)),
  debug: (message) => core.debug(message),
  notice: (message) => core.notice(message),
  warning: (message, at) => core.warning(message, annotation(at)),
  error: (message, at) => core.error(message, annotation(at)),
  group: (title, body) => core.group(title.replaceAll('\n', ' '), body),
};

/** Puts a zero-width space before what the runner would take for a workflow command. */
export function defuseCommands(text: string): string {
  return text.replace(/(^|[\r\n])([^\S\r\n]*)(::|##\[)/g, '$1$2\u200b$3');
}

function annotation(at: SourceLocation | undefined): core.AnnotationProperties {
  if (at === undefined) return {};
  return {
    file: at.file,
    ...(at.line === undefined ? {} : { startLine: at.line }),
    ...(at.column === undefined ? {} : { startColumn: at.column }),
  };
}
