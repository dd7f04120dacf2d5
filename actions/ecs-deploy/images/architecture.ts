import { OperationError, type Problem } from '../../shared/errors.js';
import { asArray, objectOf, textOf } from '../definition/task-definition.js';
import type { JsonObject } from '../model.js';
import type { DeployPorts, Platform } from '../ports.js';
import type { ResolvedImage } from './image-check.js';

interface ArchitectureCheck {
  /** `image-architecture` */
  readonly problems: readonly Problem[];
  /** Images that were not checked, and why. */
  readonly notChecked: readonly string[];
}

/**
 * Checks that each image is there for the platform that the task runs on. What cannot be
 * told is no problem: ECS says it itself, after the update.
 *
 * @param inputOf the input that named a container's image, for the problem
 */
export async function checkArchitectures(
  ports: Pick<DeployPorts, 'images'>,
  definition: JsonObject,
  images: Readonly<Record<string, ResolvedImage>>,
  inputOf: (container: string) => string = () => 'images',
): Promise<ArchitectureCheck> {
  const wanted = wantedPlatform(definition);
  if (wanted === undefined) return { problems: [], notChecked: [] };
  const asked = new Map<string, ReturnType<typeof ask>>();
  const ask = async ({ repository, digest, elsewhere }: ResolvedImage) => {
    if (elsewhere !== undefined) return elsewhere.platforms ?? ('unknown' as const);
    if (repository === undefined || digest === undefined) return 'elsewhere' as const;
    try {
      return (await ports.images.platforms(repository, digest)) ?? ('unknown' as const);
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      return thrown;
    }
  };
  const problems: Problem[] = [];
  const notChecked: string[] = [];
  await Promise.all(
    Object.entries(images).map(async ([container, image]) => {
      const answer = asked.get(image.image) ?? ask(image);
      asked.set(image.image, answer);
      const found = await answer;
      if (found === 'elsewhere') return;
      if (found === 'unknown' || found instanceof Error) {
        const why = found === 'unknown' ? 'it does not say' : found.message;
        notChecked.push(`architecture of ${image.image}: ${why}`);
      } else if (!found.some((platform) => isSame(platform, wanted))) {
        problems.push(mismatch(container, image, found, wanted, inputOf(container)));
      }
    }),
  );
  return { problems, notChecked };
}

/**
 * What the task runs on. Fargate takes Linux on x86-64 where nothing else is said; on EC2 the
 * instance decides (Developer Guide, "Task definition parameters", runtimePlatform).
 */
function wantedPlatform(definition: JsonObject): Platform | undefined {
  const platform = objectOf(definition['runtimePlatform']);
  const architecture = textOf(platform['cpuArchitecture']);
  const family = textOf(platform['operatingSystemFamily']) ?? 'LINUX';
  const onFargate = asArray(definition['requiresCompatibilities']).includes('FARGATE');
  if (architecture === undefined && !onFargate) return undefined;
  return {
    os: family.startsWith('WINDOWS') ? 'windows' : 'linux',
    architecture: architecture === 'ARM64' ? 'arm64' : 'amd64',
  };
}

function isSame(platform: Platform, wanted: Platform): boolean {
  return platform.os === wanted.os && platform.architecture === wanted.architecture;
}

function mismatch(
  container: string,
  image: ResolvedImage,
  found: readonly Platform[],
  wanted: Platform,
  input: string,
): Problem {
  const has = [...new Set(found.map(({ os, architecture }) => `${os}/${architecture}`))];
  const want = `${wanted.os}/${wanted.architecture}`;
  return {
    code: 'image-architecture',
    message: `the image of container "${container}", ${image.image}, is for ${has.join(', ')}, and the task runs on ${want}`,
    at: { input },
    hint: `build it for ${want}, or change runtimePlatform of the task definition`,
  };
}
