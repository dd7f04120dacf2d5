import type { InputReader } from '../../shared/inputs.js';
import { readBuildSecrets, type BuildSecret } from './build-secrets.js';

export const engineNames = ['docker', 'podman', 'buildah'] as const;
export type EngineName = (typeof engineNames)[number];

/** What a container engine is to build. Paths are as the workflow wrote them. */
export interface BuildSource {
  readonly kind: 'build';
  readonly context: string;
  /** Absent: the context's own Dockerfile or Containerfile. */
  readonly file: string | undefined;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** On top of those that say where the image comes from. */
  readonly labels: Readonly<Record<string, string>>;
  /** Each `os/architecture[/variant]`; empty: the engine's own. */
  readonly platforms: readonly string[];
  readonly secrets: readonly BuildSecret[];
  /** As `--ssh` of the engines takes them: `default`, or `<id>=<socket or key>`. */
  readonly ssh: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly provenance: boolean;
  readonly sbom: boolean;
  readonly engine: EngineName | 'auto';
}

/** An image that another step left in an engine's store. */
export interface ImageSource {
  readonly kind: 'image';
  readonly reference: string;
  readonly engine: EngineName | 'auto';
}

/** An image that another step left as an archive; needs no engine. */
export interface ArchiveSource {
  readonly kind: 'archive';
  readonly path: string;
}

const platformPattern = /^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9_.]+)?$/;

/** Reads what is pushed: a build, an image in a store, or an archive; two of them exclude. */
export function readSource(reader: InputReader): BuildSource | ImageSource | ArchiveSource {
  const archive = reader.text('archive');
  const image = reader.matching(
    'image',
    /^[\w][\w.:/@-]{0,510}$/,
    'the name or id of an image in the store of the engine',
  );
  const context = reader.text('context');
  const build: BuildSource = {
    kind: 'build',
    context: context ?? '.',
    file: reader.text('file'),
    target: reader.text('target'),
    buildArgs: reader.keyValues('build-args'),
    labels: reader.keyValues('labels'),
    platforms: readPlatforms(reader),
    secrets: readBuildSecrets(reader),
    ssh: readSsh(reader),
    cacheFrom: readLines(reader, 'cache-from'),
    cacheTo: readLines(reader, 'cache-to'),
    provenance: reader.boolean('provenance', false),
    sbom: reader.boolean('sbom', false),
    engine: reader.oneOf('engine', ['auto', ...engineNames], 'auto'),
  };
  if (archive === undefined && image === undefined) return build;

  const chosen = archive === undefined ? 'image' : 'archive';
  const buildInputs: Readonly<Record<string, boolean>> = {
    ...(archive === undefined ? {} : { image: image !== undefined }),
    ...(archive === undefined ? {} : { engine: build.engine !== 'auto' }),
    context: context !== undefined,
    file: build.file !== undefined,
    target: build.target !== undefined,
    'build-args': Object.keys(build.buildArgs).length > 0,
    labels: Object.keys(build.labels).length > 0,
    platforms: build.platforms.length > 0,
    secrets: build.secrets.some(({ from }) => from === 'value'),
    'secret-files': build.secrets.some(({ from }) => from === 'file'),
    ssh: build.ssh.length > 0,
    'cache-from': build.cacheFrom.length > 0,
    'cache-to': build.cacheTo.length > 0,
    provenance: build.provenance,
    sbom: build.sbom,
  };
  for (const [name, isGiven] of Object.entries(buildInputs)) {
    if (!isGiven) continue;
    reader.problem(
      name,
      'input-excluded',
      `does not fit ${chosen}, which names an image that is built already`,
      `leave out ${chosen} or ${name}`,
    );
  }
  if (archive !== undefined) return { kind: 'archive', path: archive };
  return { kind: 'image', reference: image ?? '', engine: build.engine };
}

function readPlatforms(reader: InputReader): readonly string[] {
  const platforms = [...new Set(reader.list('platforms'))];
  for (const platform of platforms.filter((candidate) => !platformPattern.test(candidate))) {
    reader.problem(
      'platforms',
      'input-malformed',
      `${JSON.stringify(platform)} is not os/architecture`,
      'for example linux/amd64',
    );
  }
  return platforms;
}

function readSsh(reader: InputReader): readonly string[] {
  const lines = readLines(reader, 'ssh');
  for (const line of lines.filter((candidate) => !/^[\w.-]+(=[^=]+)?$/.test(candidate))) {
    reader.problem(
      'ssh',
      'input-malformed',
      `${JSON.stringify(line)} is neither an id nor id=path`,
      'for example default, which is the agent of the job',
    );
  }
  return lines;
}

/** One a line; commas belong to the values. */
function readLines(reader: InputReader, name: string): readonly string[] {
  return (reader.text(name) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
