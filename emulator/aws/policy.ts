/** Values of the condition keys of a call; names in lower case, several values where the key is multivalued. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>;

/** A call as a resource's policy judges it. */
export interface PolicyRequest {
  readonly action: string;
  /** ARN; absent for a trust policy, whose resource is the role itself. */
  readonly resource?: string;
  /** The caller as a principal can name it: its kind, and every form that names it. */
  readonly principal: { readonly kind: 'AWS' | 'Federated'; readonly names: readonly string[] };
  readonly context: ConditionContext;
}

type OneOrMore = string | readonly string[];
type Principal = string | Readonly<Record<string, OneOrMore>>;

/** One statement of a resource-based policy. */
export interface Statement {
  readonly Effect?: string;
  readonly Action?: OneOrMore;
  readonly NotAction?: OneOrMore;
  readonly Resource?: OneOrMore;
  readonly NotResource?: OneOrMore;
  readonly Principal?: Principal;
  readonly NotPrincipal?: Principal;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;
}

/** The statements of a policy document. Throws SyntaxError when it is not JSON. */
export function statementsOf(document: string): readonly Statement[] {
  const policy = JSON.parse(document) as { Statement?: Statement | Statement[] };
  return asArray(policy.Statement ?? []);
}

/** `Deny` when some statement denies the request, else `Allow` when some allows it. */
export function evaluate(
  statements: readonly Statement[],
  request: PolicyRequest,
): 'Allow' | 'Deny' | 'none' {
  const applying = statements.filter((statement) => applies(statement, request));
  if (applying.some((statement) => statement.Effect === 'Deny')) return 'Deny';
  return applying.some((statement) => statement.Effect === 'Allow') ? 'Allow' : 'none';
}

/**
 * Follows "IAM JSON policy elements: Condition operators" and "Multivalued context keys" of the
 * IAM User Guide. A statement with an operator this does not know never allows, and always denies.
 */
function applies(statement: Statement, request: PolicyRequest): boolean {
  return (
    actionMatches(statement, request.action) &&
    resourceMatches(statement, request.resource) &&
    principalMatches(statement, request.principal) &&
    conditionsHold(statement.Condition ?? {}, request.context, statement.Effect === 'Deny')
  );
}

function actionMatches(statement: Statement, action: string): boolean {
  const listed = (patterns: OneOrMore): boolean =>
    asArray(patterns).some((pattern) => like(action.toLowerCase(), pattern.toLowerCase()));
  if (statement.NotAction !== undefined) return !listed(statement.NotAction);
  return statement.Action !== undefined && listed(statement.Action);
}

function resourceMatches(statement: Statement, resource: string | undefined): boolean {
  if (resource === undefined) return true;
  const listed = (patterns: OneOrMore): boolean =>
    asArray(patterns).some((pattern) => like(resource, pattern));
  if (statement.NotResource !== undefined) return !listed(statement.NotResource);
  return statement.Resource !== undefined && listed(statement.Resource);
}

function principalMatches(statement: Statement, caller: PolicyRequest['principal']): boolean {
  const named = (principal: Principal): boolean => {
    if (typeof principal === 'string') return principal === '*' && caller.kind === 'AWS';
    return asArray(principal[caller.kind] ?? []).some(
      (name) => caller.names.includes(name) || (name === '*' && caller.kind === 'AWS'),
    );
  };
  if (statement.NotPrincipal !== undefined) return !named(statement.NotPrincipal);
  return statement.Principal !== undefined && named(statement.Principal);
}

function conditionsHold(
  conditions: NonNullable<Statement['Condition']>,
  context: ConditionContext,
  unknownHolds: boolean,
): boolean {
  return Object.entries(conditions).every(([operator, block]) =>
    Object.entries(block).every(([key, wanted]) => {
      const held = conditionHolds(operator, context.get(key.toLowerCase()), asArray(wanted));
      return held ?? unknownHolds;
    }),
  );
}

type Test = (value: string, wanted: string) => boolean;

const same: Test = (value, wanted) => value === wanted;
const sameIgnoringCase: Test = (value, wanted) => value.toLowerCase() === wanted.toLowerCase();
const numeric =
  (compare: (value: number, wanted: number) => boolean): Test =>
  (value, wanted) =>
    compare(Number(value), Number(wanted));

/** Operators by lower-cased name; a negated one holds when no wanted value matches. */
const OPERATORS: Readonly<Record<string, { readonly test: Test; readonly negated: boolean }>> = {
  stringequals: { test: same, negated: false },
  stringnotequals: { test: same, negated: true },
  stringequalsignorecase: { test: sameIgnoringCase, negated: false },
  stringnotequalsignorecase: { test: sameIgnoringCase, negated: true },
  stringlike: { test: like, negated: false },
  stringnotlike: { test: like, negated: true },
  arnequals: { test: like, negated: false },
  arnlike: { test: like, negated: false },
  arnnotequals: { test: like, negated: true },
  arnnotlike: { test: like, negated: true },
  bool: { test: sameIgnoringCase, negated: false },
  numericequals: { test: numeric((a, b) => a === b), negated: false },
  numericnotequals: { test: numeric((a, b) => a === b), negated: true },
  numericlessthan: { test: numeric((a, b) => a < b), negated: false },
  numericlessthanequals: { test: numeric((a, b) => a <= b), negated: false },
  numericgreaterthan: { test: numeric((a, b) => a > b), negated: false },
  numericgreaterthanequals: { test: numeric((a, b) => a >= b), negated: false },
};

/** Undefined means that the operator is not known. */
function conditionHolds(
  spelled: string,
  values: readonly string[] | undefined,
  wanted: readonly string[],
): boolean | undefined {
  const lower = spelled.toLowerCase();
  const set = /^(foranyvalue|forallvalues):/.exec(lower)?.[1];
  const bare = set === undefined ? lower : lower.slice(set.length + 1);
  const isMissing = values === undefined || values.length === 0;
  if (bare === 'null') {
    return wanted.some((value) => (value.toLowerCase() === 'true') === isMissing);
  }
  const ifExists = bare.endsWith('ifexists');
  const operator = OPERATORS[ifExists ? bare.slice(0, -'ifexists'.length) : bare];
  if (!operator) return undefined;
  const { test, negated } = operator;

  if (isMissing) {
    if (set === 'forallvalues') return true;
    if (set === 'foranyvalue') return ifExists;
    // A negated operator holds when the key is missing.
    return ifExists || negated;
  }
  const holds = (value: string): boolean =>
    wanted.some((pattern) => test(value, pattern)) !== negated;
  if (set === 'forallvalues' || (set === undefined && negated)) return values.every(holds);
  return values.some(holds);
}

/** `*` stands for any text and `?` for one character, in the whole of the value. */
function like(value: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[\\s\\S]*')
    .replaceAll('?', '[\\s\\S]');
  return new RegExp(`^${expression}$`).test(value);
}

function asArray<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
