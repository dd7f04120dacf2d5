import type { Logger } from '../../actions/shared/log.js';

/** A logger that keeps what it is told, by level. */
export function keepingLogger(): Logger & {
  readonly kept: {
    readonly level: 'info' | 'notice' | 'warning' | 'error';
    readonly message: string;
  }[];
} {
  const kept: { level: 'info' | 'notice' | 'warning' | 'error'; message: string }[] = [];
  const keep = (level: 'info' | 'notice' | 'warning' | 'error') => (message: string) => {
    kept.push({ level, message });
  };
  return {
    kept,
    info: keep('info'),
    debug: () => undefined,
    notice: keep('notice'),
    warning: keep('warning'),
    error: keep('error'),
    group: (_title, body) => body(),
  };
}
