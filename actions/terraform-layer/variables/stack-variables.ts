import { UserError, type Problem, type SourceLocation } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import type { EnvironmentConfig } from '../config/infra-config.js';
import type { Stack } from '../stacks/workspace.js';
import { readValues, type ReadValue, type ValueStore } from './read-values.js';
import { rootVariables } from './root-variables.js';
import { sourceText, variableSource, type VariableSource } from './source.js';

/** `TF_VAR_…` by stack id; stacks that need none are absent. */
export type StackVariables = ReadonlyMap<string, Readonly<Record<string, string>>>;

export interface StackVariablePorts {
  /** Absolute path of the repository's root. */
  readonly root: string;
  /** The store of an environment, with that environment's credentials. */
  readonly storeOf: (environment: string) => ValueStore | undefined;
  /** The children's environment without these variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Secrets;
  readonly log: Logger;
}

/** A variable that a stack declares, and where its value is kept. */
interface Wanted {
  readonly stack: Stack;
  readonly name: string;
  readonly source: VariableSource;
  /** Declared sensitive: hidden, whatever its store says. */
  readonly hidden: boolean;
  readonly at: SourceLocation | undefined;
}

/**
 * Reads the values of `variables` in `infra.yml`, the same for a plan and an apply, and hands each
 * stack those that it declares. They go to Terraform by its environment alone. Secret ones are
 * masked before they are used.
 *
 * @throws UserError with every problem: `variable-source-unfilled`, `variable-set-twice`,
 * `variable-value-missing`, `variable-value-denied`, `variable-value-unusable`
 */
export async function stackVariables(
  stacks: readonly Stack[],
  environments: readonly EnvironmentConfig[],
  inputs: {
    readonly variables: Readonly<Record<string, string>>;
    readonly varFiles: readonly string[];
  },
  ports: StackVariablePorts,
): Promise<StackVariables> {
  const problems: Problem[] = [];
  const wanted: Wanted[] = [];
  for (const environment of environments) {
    if (Object.keys(environment.variables).length === 0) continue;
    for (const stack of stacks.filter((candidate) => candidate.environment === environment.name)) {
      wanted.push(...(await wantedBy(stack, environment, inputs, ports.root, problems)));
    }
  }
  const values = await valuesOf(wanted, ports, problems);
  if (problems.length > 0) throw new UserError(problems);
  tellReplaced(wanted, ports);
  const result = new Map<string, Record<string, string>>();
  for (const { stack, name, source, hidden } of wanted) {
    const value = values.get(keyOf(stack.environment, source));
    if (value?.kind !== 'value') continue;
    if (value.secret || hidden) addSecret(value.text, ports.secrets);
    const own = result.get(stack.id) ?? {};
    own[`TF_VAR_${name}`] = value.text;
    result.set(stack.id, own);
  }
  return result;
}

async function wantedBy(
  stack: Stack,
  environment: EnvironmentConfig,
  inputs: Parameters<typeof stackVariables>[2],
  root: string,
  problems: Problem[],
): Promise<readonly Wanted[]> {
  const { declared, sensitive, assigned } = await rootVariables(root, stack, inputs.varFiles);
  return Object.entries(environment.variables).flatMap(([name, text]) => {
    if (!declared.has(name)) return [];
    const at = environment.variablePlaces?.[name];
    const where = at === undefined ? {} : { at };
    const other = assigned.get(name);
    if (other !== undefined || Object.hasOwn(inputs.variables, name)) {
      const place =
        other === undefined
          ? 'the input "vars"'
          : `${other.file}${other.line === undefined ? '' : `:${other.line}`}`;
      problems.push({
        code: 'variable-set-twice',
        message: `${stack.displayId}: "${name}" is set by ${text} and by ${place}, which Terraform would prefer`,
        ...where,
        hint: 'take one of them out',
      });
      return [];
    }
    const result = variableSource(text, { environment: environment.name, stack: stack.name });
    if (!result.ok) {
      problems.push({
        code: 'variable-source-unfilled',
        message: `"${name}": nothing fills in {${result.placeholder}} of ${text}`,
        ...where,
        hint: '{environment}, {stack}, and {project} where infra.yml has "project"',
      });
      return [];
    }
    return [{ stack, name, source: result.source, hidden: sensitive.has(name), at }];
  });
}

async function valuesOf(
  wanted: readonly Wanted[],
  ports: StackVariablePorts,
  problems: Problem[],
): Promise<ReadonlyMap<string, ReadValue>> {
  const values = new Map<string, ReadValue>();
  for (const environment of new Set(wanted.map(({ stack }) => stack.environment))) {
    const own = wanted.filter(({ stack }) => stack.environment === environment);
    const store = ports.storeOf(environment);
    if (store === undefined) continue;
    const read = await readValues(
      own.map(({ source }) => source),
      store,
    );
    for (const [text, value] of read) {
      values.set(`${environment} ${text}`, value);
      const users = own.filter(({ source }) => sourceText(source) === text);
      const problem = problemOf(value, text, users);
      if (problem !== undefined) problems.push(problem);
    }
  }
  return values;
}

function keyOf(environment: string, source: VariableSource): string {
  return `${environment} ${sourceText(source)}`;
}

function problemOf(value: ReadValue, text: string, users: readonly Wanted[]): Problem | undefined {
  if (value.kind === 'value') return undefined;
  const [first] = users;
  const names = [...new Set(users.map(({ name }) => name))].map((name) => `"${name}"`).join(', ');
  const stacks = [...new Set(users.map(({ stack }) => stack.displayId))];
  const more = stacks.length > 3 ? ` and ${stacks.length - 3} more` : '';
  const what = `${names} of ${stacks.slice(0, 3).join(', ')}${more}`;
  const where = first?.at === undefined ? {} : { at: first.at };
  switch (value.kind) {
    case 'missing':
      return {
        code: 'variable-value-missing',
        message: `${text} does not exist; it is to give ${what}`,
        ...where,
        hint: "it is looked for in the environment's account and region",
      };
    case 'denied':
      return {
        code: 'variable-value-denied',
        message: `${text} may not be read for ${what}: ${value.message}`,
        ...where,
        hint: `the roles that plan and apply need ${rightsFor(text)}, and kms:Decrypt where a key of your own encrypts it`,
      };
    case 'unusable':
      return {
        code: 'variable-value-unusable',
        message: `${text} cannot give ${what}: ${value.why}`,
        ...where,
      };
  }
}

function rightsFor(text: string): string {
  return text.startsWith('ssm:') ? 'ssm:GetParameters' : 'secretsmanager:GetSecretValue';
}

/** One word for all stacks, since the job's environment is one. */
function tellReplaced(wanted: readonly Wanted[], ports: StackVariablePorts): void {
  for (const name of new Set(wanted.map((entry) => entry.name))) {
    if (!Object.hasOwn(ports.environment, `TF_VAR_${name}`)) continue;
    ports.log.info(`TF_VAR_${name} of this job is replaced by what infra.yml says`);
  }
}

/** The value, and each text in it where it is JSON: Terraform may show a part of it alone. */
function addSecret(text: string, secrets: Secrets): void {
  secrets.add(text);
  try {
    addTexts(JSON.parse(text), secrets);
  } catch {
    // Not JSON: the text itself is all there is.
  }
}

function addTexts(value: unknown, secrets: Secrets): void {
  if (typeof value === 'string') secrets.add(value);
  else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) addTexts(inner, secrets);
  }
}
