/** Values of the condition keys of a call; names in lower case, several values where the key is multivalued. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>;

/** What asks to assume the role. */
export interface TrustRequest {
  readonly action: string;
  /** The caller as a principal can name it: kind (`AWS`, `Federated`) and every form that names it. */
  readonly principal: { readonly kind: 'AWS' | 'Federated'; readonly names: readonly string[] };
  readonly context: ConditionContext;
}

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | string[];
  readonly NotAction?: string | string[];
  readonly Principal?: string | Record<string, string | string[]>;
  readonly Condition?: Record<string, Record<string, string | string[]>>;
}

/**
 * Tells whether a role's trust policy lets the request through: some statement allows it and none
 * denies it.
 *
 * Follows "IAM JSON policy elements: Condition operators" and "Multivalued context keys" of the
 * IAM User Guide. A statement with an operator this does not know never allows, and always denies.
 */
export function trustAllows(policyDocument: string, request: TrustRequest): boolean {
  const policy = JSON.parse(policyDocument) as { Statement?: Statement | Statement[] };
  const statements = asArray(policy.Statement ?? []);
  const applies = (effect: 'Allow' | 'Deny'): boolean =>
    statements.some(
      (statement) =>
        statement.Effect === effect &&
        actionMatches(statement, request.action) &&
        principalMatches(statement.Principal, request.principal) &&
        conditionsHold(statement.Condition ?? {}, request.context, effect === 'Deny'),
    );
  return applies('Allow') && !applies('Deny');
}

function actionMatches(statement: Statement, action: string): boolean {
  const listed = (patterns: string | string[]): boolean =>
    asArray(patterns).some((pattern) => like(action.toLowerCase(), pattern.toLowerCase()));
  if (statement.NotAction !== undefined) return !listed(statement.NotAction);
  return statement.Action !== undefined && listed(statement.Action);
}

function principalMatches(
  principal: Statement['Principal'],
  caller: TrustRequest['principal'],
): boolean {
  if (principal === undefined) return false;
  if (principal === '*') return caller.kind === 'AWS';
  if (typeof principal === 'string') return false;
  return asArray(principal[caller.kind] ?? []).some(
    (name) => caller.names.includes(name) || (name === '*' && caller.kind === 'AWS'),
  );
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

const sameIgnoringCase: Test = (value, wanted) => value.toLowerCase() === wanted.toLowerCase();

/** Operators by lower-cased name; a negated one holds when no wanted value matches. */
const OPERATORS: Readonly<Record<string, { readonly test: Test; readonly negated: boolean }>> = {
  stringequals: { test: (value, wanted) => value === wanted, negated: false },
  stringnotequals: { test: (value, wanted) => value === wanted, negated: true },
  stringequalsignorecase: { test: sameIgnoringCase, negated: false },
  stringnotequalsignorecase: { test: sameIgnoringCase, negated: true },
  stringlike: { test: like, negated: false },
  stringnotlike: { test: like, negated: true },
  arnequals: { test: like, negated: false },
  arnlike: { test: like, negated: false },
  arnnotequals: { test: like, negated: true },
  arnnotlike: { test: like, negated: true },
  bool: { test: sameIgnoringCase, negated: false },
};

/** Undefined means that the operator is not known. */
function conditionHolds(
  spelled: string,
  values: readonly string[] | undefined,
  wanted: readonly string[],
): boolean | undefined {
  const lower = spelled.toLowerCase();
  const set = /^(foranyvalue|forallvalues):/.exec(lower)?.[1];
  const bare = lower.replace(/^for(any|all)values?:/, '');
  if (bare === 'null') {
    const isMissing = values === undefined || values.length === 0;
    return wanted.some((value) => (value.toLowerCase() === 'true') === isMissing);
  }
  const ifExists = bare.endsWith('ifexists');
  const operator = OPERATORS[ifExists ? bare.slice(0, -'ifexists'.length) : bare];
  if (!operator) return undefined;
  const { test, negated } = operator;

  if (values === undefined || values.length === 0) {
    if (set === 'forallvalues') return true;
    if (set === 'foranyvalue') return ifExists;
    // A negated operator holds when the key is missing.
    return ifExists || negated;
  }
  const single = (value: string): boolean => {
    const matches = wanted.some((pattern) => test(value, pattern));
    return negated ? !matches : matches;
  };
  if (set === 'forallvalues' || (set === undefined && negated)) return values.every(single);
  return values.some(single);
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
