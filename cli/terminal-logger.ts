import { formatLocation, type SourceLocation } from '../actions/shared/errors.js';
import type { Logger } from '../actions/shared/log.js';
import { visible } from '../actions/shared/markdown.js';
import { styled, type Terminal } from './terminal.js';

/** Messages of the engine go beside what a command prints, so that its output can be piped. */
export function terminalLogger(terminal: Terminal): Logger {
  const line = (message: string, at?: SourceLocation): void => {
    const where = at === undefined ? '' : `${formatLocation(at)}: `;
    terminal.err(`${visible(`${where}${message}`)}\n`);
  };
  return {
    info: (message) => line(message),
    debug: () => undefined,
    notice: (message) => line(message),
    warning: (message, at) => line(`warning: ${message}`, at),
    error: (message, at) => line(`error: ${message}`, at),
    group: async (title, body) => {
      terminal.err(`${styled({ colours: terminal.errColours }, 'bold', visible(title))}\n`);
      return body();
    },
  };
}
