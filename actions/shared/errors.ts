/** A place in a file of the user's, 1-based as editors and GitHub annotations count. */
export interface SourceLocation {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** One thing that is wrong with what the user gave us. */
export interface Problem {
  /** Stable, kebab-case; tests and docs name it, never the prose. */
  readonly code: string;
  /** What is wrong, with the value that was found. */
  readonly message: string;
  /** The input (`{input: 'environment'}`) or the place in a file. */
  readonly at?: SourceLocation | { readonly input: string };
  /** What is allowed, and what to do next. */
  readonly hint?: string;
}

/**
 * The user's input or configuration is wrong: nothing was changed, and every problem that could
 * be found is listed at once.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[] | Problem) {
    const all = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(all.map(formatProblem).join('\n'));
    this.problems = all;
  }
}

/** The world, or this code, failed after the input had been accepted. */
export class OperationError extends Error {
  override readonly name = 'OperationError';
  /** Stable, kebab-case. */
  readonly code: string;
  /** Data that a report or a test needs; holds no secret. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: {
      readonly details?: Readonly<Record<string, unknown>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Renders `file:line:column`, or `input "name"`. */
export function formatLocation(at: NonNullable<Problem['at']>): string {
  if ('input' in at) return `input "${at.input}"`;
  const line = at.line === undefined ? '' : `:${at.line}`;
  const column = at.line === undefined || at.column === undefined ? '' : `:${at.column}`;
  return `${at.file}${line}${column}`;
}

/** Renders a problem as one line: where, what, and what to do. */
export function formatProblem(problem: Problem): string {
  const where = problem.at === undefined ? '' : `${formatLocation(problem.at)}: `;
  const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
  return `${where}${problem.message}${hint}`;
}

/**
 * Both values, once both have come to rest.
 *
 * @throws UserError with the problems of both; any other error goes before it
 */
export async function allOrProblems<A, B>(left: Promise<A>, right: Promise<B>): Promise<[A, B]> {
  const settled = await Promise.allSettled([left, right]);
  const reasons = settled.flatMap((one) =>
    one.status === 'rejected' ? [toError(one.reason)] : [],
  );
  const foreign = reasons.find((reason) => !(reason instanceof UserError));
  if (foreign !== undefined) throw foreign;
  const problems = reasons.flatMap((reason) =>
    reason instanceof UserError ? reason.problems : [],
  );
  if (problems.length > 0) throw new UserError(problems);
  return [await left, await right];
}

/** Turns whatever was thrown into an Error; a thrown string or object must not leave a step green. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  if (typeof thrown === 'string') return new Error(thrown);
  try {
    return new Error(`a non-error was thrown: ${JSON.stringify(thrown)}`);
  } catch {
    return new Error('a non-error was thrown');
  }
}
