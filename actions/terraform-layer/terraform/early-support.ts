import semver from 'semver';
import type { Problem } from '../../shared/errors.js';
import type { Stack } from '../stacks/workspace.js';
import type { TerraformProgram } from './find.js';

/**
 * The first Terraform that takes variables in the source and version of a module, those that are
 * declared with `const = true` (its changelog, 1.15.0). OpenTofu takes any since 1.8.
 */
const firstTerraform = '1.15.0';

/** The expressions of these stacks that this program takes for no module's source or version. */
export function earlyProblems(
  stacks: readonly Pick<Stack, 'earlyExpressions'>[],
  { name, version }: Pick<TerraformProgram, 'name' | 'version'>,
): readonly Problem[] {
  if (name === 'tofu' || semver.gte(version, firstTerraform)) return [];
  const places = stacks.flatMap(({ earlyExpressions = [] }) =>
    earlyExpressions.flatMap(({ of, at }) => (of === 'module' ? [at] : [])),
  );
  const distinct = new Map(places.map((at) => [JSON.stringify(at), at]));
  return [...distinct.values()].map((at) => ({
    code: 'module-source-not-literal',
    message: `Terraform ${version} takes only a literal as the source and the version of a module, and this is an expression`,
    at,
    hint:
      'write the path, address or version itself; or use OpenTofu (`terraform-version: tofu >= 1.11`), ' +
      `or Terraform from ${firstTerraform} on with \`const = true\` in the variable`,
  }));
}
