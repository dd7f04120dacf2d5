/**
 * The format in which podman and buildah write an image. OCI's holds nothing of the machine that
 * built it, so that the same commit makes the same digest anywhere; Docker's names the build
 * container. But OCI's has no place for HEALTHCHECK, SHELL and ONBUILD (OCI image specification,
 * "Image configuration"), which a base image may bring as well: it is taken only where the whole
 * image is seen to come from the Dockerfile.
 */
export function imageFormat(dockerfile: string, target: string | undefined): 'oci' | 'docker' {
  // What only a whole parser could read: here-documents, and another escape character.
  if (/<<|^#\s*escape\s*=/im.test(dockerfile)) return 'docker';
  const stages = stagesOf(dockerfile);
  if (stages === undefined) return 'docker';
  let at =
    target === undefined
      ? stages.length - 1
      : stages.findLastIndex(({ name }) => name === target.toLowerCase());
  for (let stage = stages[at]; stage !== undefined; stage = stages[at]) {
    if (stage.base === 'scratch') return 'oci';
    const { base } = stage;
    at = stages.slice(0, at).findLastIndex(({ name }) => name === base.toLowerCase());
  }
  return 'docker';
}

interface Stage {
  readonly base: string;
  /** In lower case, as Dockerfiles compare them. */
  readonly name: string | undefined;
}

/** Stages by their `FROM`; `undefined` where an instruction needs Docker's format. */
function stagesOf(dockerfile: string): readonly Stage[] | undefined {
  const stages: Stage[] = [];
  const lines = dockerfile
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\[ \t]*\n/g, ' ')
    .split('\n');
  for (const line of lines) {
    const [instruction = '', ...words] = line.trim().split(/\s+/);
    if (/^(healthcheck|shell|onbuild)$/i.test(instruction)) return undefined;
    if (!/^from$/i.test(instruction)) continue;
    const [base = '', as, name] = words.filter((word) => !word.startsWith('--'));
    stages.push({ base, name: as?.toLowerCase() === 'as' ? name?.toLowerCase() : undefined });
  }
  return stages;
}
