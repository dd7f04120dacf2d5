import path from 'node:path/posix';
import picomatch from 'picomatch';
import type { Problem } from '../../shared/errors.js';
import type { Files } from '../stacks/files.js';
import { isConfigurationFile } from '../stacks/configuration-files.js';
import type { Stack, Workspace } from '../stacks/workspace.js';
import { hardCodedIds } from './hard-coded-ids.js';
import { plaintextSecrets } from './secrets.js';
import { withoutWaived } from './waivers.js';

const readable = /\.(?:tf|tofu|tfvars)(?:\.json)?$/;

/**
 * Plaintext secrets in every Terraform file below a directory, and hard-coded ids of shared resources
 * in those of stacks that are not the foundation, their var files and their modules.
 */
export function textProblems(
  files: Files,
  directory: string,
  workspace: Workspace | undefined,
): readonly Problem[] {
  const dependent =
    workspace === undefined ? new Set<string>() : filesOfDependents(files, workspace);
  const all = new Set([
    ...files.list(directory).filter((file) => readable.test(file)),
    ...dependent,
  ]);
  return [...all].sort().flatMap((file) => {
    const text = files.read(file);
    if (text === undefined) return [];
    const findings = [
      ...plaintextSecrets(text),
      ...(dependent.has(file) ? hardCodedIds(text) : []),
    ].sort((a, b) => a.offset - b.offset);
    return withoutWaived(file, text, findings);
  });
}

function filesOfDependents(files: Files, workspace: Workspace): ReadonlySet<string> {
  const { stacks } = workspace;
  const isBase = foundationOf(workspace);
  const directories = new Set<string>();
  const found = new Set<string>();
  for (const stack of stacks) {
    if (isBase(stack)) continue;
    directories.add(stack.directory);
    for (const place of stack.moduleDirectories) directories.add(place);
    for (const file of stack.varFiles) found.add(file);
  }
  const outside = [...directories].filter((place) => !isBelow(workspace.directory, place));
  const list = [
    ...files.list(workspace.directory),
    ...outside.flatMap((place) => files.list(place)),
  ];
  for (const file of list) {
    if (!directories.has(path.dirname(file)) || !readable.test(file)) continue;
    const name = path.basename(file);
    const automatic = /^terraform\.tfvars(?:\.json)?$|\.auto\.tfvars(?:\.json)?$/.test(name);
    if (isConfigurationFile(name) || automatic) found.add(file);
  }
  return found;
}

function isBelow(directory: string, place: string): boolean {
  return directory === '.' || place === directory || place.startsWith(`${directory}/`);
}

/** What `foundation` names, and the environments that all others share. */
function foundationOf({ config }: Workspace): (stack: Stack) => boolean {
  const matches = picomatch([...config.foundation]);
  const shared = new Set(config.environments.filter((e) => e.shared).map(({ name }) => name));
  return ({ name, layer, environment }) =>
    shared.has(environment) || matches(name) || (layer !== undefined && matches(layer));
}
