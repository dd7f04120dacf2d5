import { z } from 'zod';
import { OperationError } from '../shared/errors.js';
import { readArchive } from './archive/read-archive.js';
import type { Ports } from './ports.js';
import type { CacheUse } from './engines/cache-use.js';
import type { BuiltImage, StoredImage } from './engines/engine.js';
import type { LocalImage, Manifest } from './image.js';
import type { PushInputs } from './inputs.js';
import { registryOf, type Repository } from './repository.js';
import { writeSecretFiles } from './secret-files.js';
import { workspaceOf, type Prepared } from './source.js';

/** What a build made, ready to be pushed. */
export type Built = (
  | ({ readonly kind: 'stored' } & StoredImage)
  | { readonly kind: 'archive'; readonly image: LocalImage }
) & {
  readonly cache: CacheUse | undefined;
  readonly seconds: number;
};

/**
 * Builds the image with its engine. Secrets lie in files of ours while it does, and are removed.
 *
 * @throws OperationError `build-failed`, `platform-mismatch`, `cancelled`, `ecr-…`
 */
export async function buildImage(
  ports: Ports,
  inputs: PushInputs,
  { source, tags }: Prepared,
  repository: Repository,
): Promise<Built> {
  if (source.kind !== 'build') {
    throw new OperationError('step-out-of-order', 'the plan builds what is built already');
  }
  const started = ports.clock.now();
  const reference = `${repository.uri}:${tags[0] ?? ''}`;
  const logins = [
    { ...(await ports.ecr.login()), registry: registryOf(repository) },
    ...(await Promise.all(inputs.registries.map((registry) => ports.logIn(registry)))),
  ];
  const { secrets, ssh, cacheFrom, cacheTo, provenance, sbom, target, buildArgs, platforms } =
    source.inputs;
  const workspace = workspaceOf(ports.env);
  const files = await writeSecretFiles(secrets, workspace, ports.workDirectory);
  let built: BuiltImage;
  try {
    built = await ports.log.group(`Build with ${source.engine.description}`, () =>
      source.engine.build({
        reference,
        contextDirectory: source.context.directory,
        dockerfile: source.context.dockerfile,
        target,
        buildArgs,
        platforms,
        labels: source.labels,
        secrets: files.mounts,
        ssh,
        cacheFrom,
        cacheTo,
        provenance,
        sbom,
        epochSeconds: source.epochSeconds,
        logins,
      }),
    );
  } finally {
    await files.remove();
  }
  const seconds = (ports.clock.now() - started) / 1000;
  const { cache } = built;
  if (built.kind === 'archive') {
    const image = await readArchive({
      path: built.path,
      shownPath: 'what was built',
      workDirectory: ports.workDirectory,
    });
    checkPlatforms(platforms, platformsOf(image.root));
    return { kind: 'archive', image, cache, seconds };
  }
  checkPlatforms(platforms, [built.platform]);
  return { ...built, seconds };
}

const indexSchema = z.object({
  manifests: z.array(
    z.object({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() }),
  ),
});

/** `os/architecture` of each image of an index. */
function platformsOf(root: Manifest): readonly string[] {
  const parsed = indexSchema.safeParse(JSON.parse(root.body));
  return (parsed.data?.manifests ?? []).flatMap(({ platform }) =>
    platform === undefined ? [] : [`${platform.os}/${platform.architecture}`],
  );
}

/** An engine may build for its own platform whatever it is asked for, from a base of that alone. */
function checkPlatforms(platforms: readonly string[], found: readonly string[]): void {
  const wanted = platforms.map((platform) => platform.split('/').slice(0, 2).join('/'));
  const missing = wanted.filter((platform) => !found.includes(platform));
  if (missing.length === 0) return;
  throw new OperationError(
    'platform-mismatch',
    `the image is for ${found.join(', ') || 'no platform that it names'}, and ${missing.join(', ')} was asked for: is its base image there for it?`,
    { details: { wanted, found } },
  );
}
