import { RunnerError } from './runner-error.js';

/** The contexts that the default of an input may use ("Contexts reference", availability). */
export interface Contexts {
  readonly github: Readonly<Record<string, unknown>>;
  readonly runner: Readonly<Record<string, unknown>>;
}

export type JobStatus = 'success' | 'failure' | 'cancelled';

function unsupported(expression: string): RunnerError {
  return new RunnerError(
    'expression-unsupported',
    `the expression \${{ ${expression} }} is not known here: only github.…, runner.…, 'text' and ||`,
  );
}

/** Property names are case-insensitive on GitHub, and a missing one is no error. */
function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

function evaluateTerm(term: string, contexts: Contexts, expression: string): unknown {
  const literal = /^'((?:[^']|'')*)'$/.exec(term)?.[1];
  if (literal !== undefined) return literal.replaceAll("''", "'");
  if (!/^(github|runner)(\.[A-Za-z_][\w-]*)+$/i.test(term)) throw unsupported(expression);
  const [context = '', ...names] = term.split('.');
  const root = context.toLowerCase() === 'github' ? contexts.github : contexts.runner;
  return names.reduce<unknown>(property, root);
}

function evaluate(expression: string, contexts: Contexts): string {
  const tokens = expression.match(/'(?:[^']|'')*'|\|\||[^\s'|]+|\S/g) ?? [];
  const alternatives = tokens.filter((_token, index) => index % 2 === 0);
  const separators = tokens.filter((_token, index) => index % 2 === 1);
  if (tokens.length % 2 === 0 || separators.some((token) => token !== '||')) {
    throw unsupported(expression);
  }
  const values = alternatives.map((term) => evaluateTerm(term, contexts, expression));
  const chosen = values.find(
    (value) => value !== undefined && value !== null && value !== '' && value !== false,
  );
  const value = chosen ?? values.at(-1);
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') return 'Object';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Replaces each `${{ … }}` in a text: paths into `github` and `runner`, texts in single quotes,
 * and `||` between them.
 *
 * @throws RunnerError `expression-unsupported` for any other expression.
 */
export function interpolate(template: string, contexts: Contexts): string {
  return template.replaceAll(/\$\{\{(.*?)\}\}/gs, (_whole, expression: string) =>
    evaluate(expression.trim(), contexts),
  );
}

/**
 * Decides a condition such as `post-if`: the four status functions, `!`, `&&` and `||`.
 *
 * @throws RunnerError `expression-unsupported` for any other expression.
 */
export function condition(expression: string, status: JobStatus): boolean {
  const bare = expression.replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1').trim();
  return bare.split('||').some((alternative) =>
    alternative.split('&&').every((factor) => {
      const [, negated, name] =
        /^\s*(!?)\s*(always|success|failure|cancelled)\(\s*\)\s*$/.exec(factor) ?? [];
      if (name === undefined) throw unsupported(bare);
      const holds = name === 'always' || name === status;
      return negated === '!' ? !holds : holds;
    }),
  );
}
