import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Of actions/upload-artifact: what a folder holds, and an error where it holds nothing. */
const upload = `name: Upload an artifact
inputs:
  name: { required: true }
  path: { required: true }
  if-no-files-found: { default: warn }
runs:
  using: composite
  steps:
    - shell: bash
      env:
        NAME: \${{ inputs.name }}
        FROM: \${{ inputs.path }}
        NOTHING: \${{ inputs.if-no-files-found }}
      run: |
        store="STORE/$GITHUB_RUN_ID/$NAME"
        test ! -e "$store" || { echo "::error::the artifact $NAME is there already"; exit 1; }
        if [[ -z "$(find "$FROM" -type f -print -quit)" ]]; then
          [[ "$NOTHING" != error ]] || { echo "::error::no files in $FROM"; exit 1; }
        fi
        mkdir -p "$store" && cp -R "$FROM/." "$store/"
`;

const download = `name: Download an artifact
inputs:
  name: { required: true }
  path: { required: true }
runs:
  using: composite
  steps:
    - shell: bash
      env:
        NAME: \${{ inputs.name }}
        TO: \${{ inputs.path }}
      run: mkdir -p "$TO" && cp -R "STORE/$GITHUB_RUN_ID/$NAME/." "$TO/"
`;

/**
 * Stand-ins for GitHub's actions that hand artifacts from job to job, as far as the workflows of a
 * release tree use them: act has no copy of these actions. Gives their folders by `owner/name@ref`.
 */
export async function artifactActions(
  releaseTree: string,
  directory: string,
): Promise<Readonly<Record<string, string>>> {
  const workflow = path.join(releaseTree, '.github/workflows/deploy-service.yml');
  const text = await readFile(workflow, 'utf8');
  const found: Record<string, string> = {};
  for (const [name, manifest] of Object.entries({ upload, download })) {
    const used = new RegExp(`actions/${name}-artifact@[0-9a-f]{40}`).exec(text)?.[0];
    if (used === undefined) throw new Error(`${workflow} does not ${name} an artifact`);
    const folder = path.join(directory, `${name}-artifact`);
    await mkdir(folder, { recursive: true });
    const store = path.join(directory, 'artifacts');
    await writeFile(path.join(folder, 'action.yml'), manifest.replaceAll('STORE', store));
    found[used] = folder;
  }
  return found;
}
