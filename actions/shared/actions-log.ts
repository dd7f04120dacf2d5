import * as core from '@actions/core';
import type { SourceLocation } from './errors.js';
import type { Logger } from './log.js';

/**
 * The logger of a GitHub job.
 *
 * The runner reads printed lines that hold `::` or `##[` as commands, so text that
 * others control is defused first (GitHub docs, "Workflow commands for GitHub Actions").
 */
export const actionsLogger: Logger = {
  info: (message) => core.info(defuseCommands(message)),
  debug: (message) => core.debug(message),
  notice: (message) => core.notice(message),
  warning: (message, at) => core.warning(message, annotation(at)),
  error: (message, at) => core.error(message, annotation(at)),
  group: (title, body) => core.group(defuseCommands(title.replaceAll(/[\r\n]+/g, ' ')), body),
};

/**
 * Puts a zero-width space into what the runner would take for a workflow command: `::` at the start
 * of a line, after whatever .NET trims as white space, and `##[` anywhere in one (actions/runner,
 * `ActionCommand.TryParseV2` and `TryParse`).
 */
export function defuseCommands(text: string): string {
  return text
    .replace(/(^|[\r\n])((?:[^\S\r\n]|\u0085)*)::/g, '$1$2\u200b::')
    .replaceAll('##[', '##\u200b[');
}

function annotation(at: SourceLocation | undefined): core.AnnotationProperties {
  if (at === undefined) return {};
  return {
    file: at.file,
    ...(at.line === undefined ? {} : { startLine: at.line }),
    ...(at.column === undefined ? {} : { startColumn: at.column }),
  };
}
