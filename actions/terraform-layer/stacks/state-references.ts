import type { SourceLocation } from '../../shared/errors.js';
import { evaluate } from '../hcl/evaluate.js';
import type { Expression } from '../hcl/syntax.js';
import { asString, isMap, Unknown, type Evaluated, type EvaluatedMap } from '../hcl/value.js';
import { withCloudDefaults } from './backend.js';
import { referenceName, type ModuleInstance } from './module-instance.js';
import type { OutputsUsed } from './module-source.js';
import { notEvaluable } from './not-evaluable.js';
import { mergedAttributes, type NamedBlock, type PlacedAttribute } from './named-block.js';
import { repetitions, withEach } from './repetitions.js';
import type { Repository } from './repository.js';
import { cloudKey, defaultWorkspace, stateIdentity } from './state-identity.js';

/** A state that a stack reads. */
export interface StateReference {
  readonly kind: 'remote-state' | 'tfe-outputs';
  readonly name: string;
  readonly backend: string;
  readonly stateKey: string;
  readonly at: SourceLocation;
  readonly outputs?: readonly string[];
}

/**
 * Every state that the instances of a stack, its root module first, read. `count` and `for_each` of the
 * data blocks and of the module calls are worked out; what cannot be told is added to the problems.
 */
export function stateReferences(
  repository: Repository,
  instances: readonly ModuleInstance[],
  directory: string,
): readonly StateReference[] {
  const found: StateReference[] = [];
  for (const instance of instances) {
    const { remoteStates, tfeOutputs, outputsUsed } = instance.source;
    for (const block of remoteStates) {
      const outputs = outputsUsed.remoteState;
      found.push(...remoteStateReferences({ repository, instance, block, directory, outputs }));
    }
    for (const block of tfeOutputs) {
      const outputs = outputsUsed.tfeOutputs;
      found.push(...tfeReferences({ repository, instance, block, directory, outputs }));
    }
  }
  return found;
}

/** A module instance and all below it that matter. */
export function* instancesBelow(root: ModuleInstance): Iterable<ModuleInstance> {
  yield root;
  for (const child of root.children()) yield* instancesBelow(child);
}

interface ReferenceContext {
  readonly repository: Repository;
  readonly instance: ModuleInstance;
  readonly block: NamedBlock;
  readonly directory: string;
  readonly outputs: OutputsUsed;
}

function remoteStateReferences(context: ReferenceContext): readonly StateReference[] {
  const { repository, instance, block, directory } = context;
  const attributes = mergedAttributes(repository, block);
  const at = placeOf(block);
  return repetitions(repository, block, instance).flatMap(({ each }) => {
    const scope = withEach(instance, each);
    const value = (name: string): Evaluated | undefined => {
      const found = attributes.get(name)?.value;
      return found && evaluate(found.expression, found.source, scope);
    };
    const type = value('backend') ?? null;
    const config = value('config') ?? {};
    const workspace = value('workspace') ?? defaultWorkspace;
    const fail = (attribute: string, unknown?: Unknown): readonly StateReference[] => {
      cannotTell(context, attributes.get(attribute.split('.', 1)[0] ?? ''), attribute, unknown);
      return [];
    };
    if (type instanceof Unknown) return fail('backend', type);
    if (config instanceof Unknown) return fail('config', config);
    if (workspace instanceof Unknown) return fail('workspace', workspace);
    if (typeof type !== 'string') return fail('backend');
    if (!isMap(config)) return fail('config');
    const written = flattenBlocks(config);
    const settings = type === 'cloud' ? withCloudDefaults(written, instance.env) : written;
    const identity = stateIdentity(
      type,
      settings,
      asString(workspace) ?? defaultWorkspace,
      directory,
    );
    if (!identity.ok) return fail(`config.${identity.attribute}`, identity.unknown);
    return [
      {
        kind: 'remote-state',
        name: block.name,
        backend: type,
        stateKey: identity.key,
        at,
        ...usedBy(context.outputs, block.name),
      },
    ];
  });
}

/** `workspaces = [{ name = "x" }]`, as older code has it, is the same as the map. */
function flattenBlocks(config: EvaluatedMap): EvaluatedMap {
  const { workspaces } = config;
  if (!Array.isArray(workspaces)) return config;
  const [only] = workspaces as readonly Evaluated[];
  return { ...config, workspaces: only ?? null };
}

/**
 * Organization and host come from the provider's block or the environment where the data block has
 * none (reference page of the tfe provider).
 */
function tfeReferences(context: ReferenceContext): readonly StateReference[] {
  const { repository, instance, block } = context;
  const attributes = mergedAttributes(repository, block);
  const at = placeOf(block);
  return repetitions(repository, block, instance).flatMap(({ each }) => {
    const scope = withEach(instance, each);
    const name = attributes.get('provider')?.value?.expression;
    const provider = instance.tfeProvider(name === undefined ? 'tfe' : referenceName(name));
    const text = (setting: string, fallback?: string): string | undefined => {
      const own = attributes.get(setting);
      const found = own ?? provider?.attributes.get(setting);
      const written = found?.value;
      const values = own === undefined ? (provider?.scope ?? scope) : scope;
      const value = written && evaluate(written.expression, written.source, values);
      if (typeof value === 'string' && value !== '') return value;
      if (fallback !== undefined && !(value instanceof Unknown)) return fallback;
      cannotTell(context, found, setting, value instanceof Unknown ? value : undefined);
      return undefined;
    };
    const host = text('hostname', instance.env('TFE_HOSTNAME') ?? 'app.terraform.io');
    const organization = text('organization', instance.env('TFE_ORGANIZATION'));
    const workspace = text('workspace');
    if (host === undefined || organization === undefined || workspace === undefined) return [];
    const stateKey = cloudKey(host, organization, workspace);
    return [
      {
        kind: 'tfe-outputs',
        name: block.name,
        backend: 'cloud',
        stateKey,
        at,
        ...usedBy(context.outputs, block.name),
      },
    ];
  });
}

function usedBy(outputs: OutputsUsed, name: string): { readonly outputs?: readonly string[] } {
  const used = outputs.get(name);
  return used === 'all' ? {} : { outputs: [...(used ?? [])].sort() };
}

function placeOf(block: NamedBlock): SourceLocation {
  const source = block.refs[0]?.source;
  return { file: source?.file ?? '', line: source?.line ?? 1, column: 1 };
}

/** Says which expression cannot be told, where, and what it lacks. */
function cannotTell(
  { repository, block, directory }: ReferenceContext,
  attribute: PlacedAttribute | undefined,
  name: string,
  unknown: Unknown | undefined,
): void {
  const placed = attribute?.value;
  if (unknown === undefined || attribute === undefined || placed === undefined) {
    repository.problems.add({
      code: 'remote-state-incomplete',
      message: `${block.name}: ${name} is missing`,
      at: attribute?.at ?? placeOf(block),
    });
    return;
  }
  repository.problems.add(
    notEvaluable({
      what: `${block.name}: ${name}`,
      written: writtenValue(placed.expression, name),
      source: placed.source,
      unknown,
      directory,
      hint: 'give the variable a default or a value in a tfvars file, or write the value here',
    }),
  );
}

/** The value of `config.key` where the config is written out as a map, else the whole. */
function writtenValue(value: Expression, name: string): Expression {
  const [, ...path] = name.split('.');
  let found = value;
  for (const part of path) {
    if (found.kind !== 'object') return found;
    const item = found.items.find(({ key }) => key.kind === 'literal' && key.value === part);
    if (item === undefined) return found;
    found = item.value;
  }
  return found;
}
